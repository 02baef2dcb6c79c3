/** Decides which of the engine's types a Parquet leaf becomes, or why it has none. */
import type { SchemaElement } from "hyparquet";
import type { DType } from "../../../engine/program/schema.ts";

/** Physical types that are read; `unsigned` INT32 and INT64 hold their logical type's bits. */
export type PhysicalType = "BOOLEAN" | "INT32" | "INT64" | "INT96" | "FLOAT16" | "FLOAT" | "DOUBLE" | "BYTE_ARRAY" | "FIXED_LEN_BYTE_ARRAY";

export type ValueType =
  | {
      readonly kind: "value";
      readonly physical: PhysicalType;
      readonly unsigned: boolean;
      readonly bits?: number;
      readonly width?: number;
      readonly scale?: number;
      /** The meaning of the numbers of a date, a time or a decimal, for people. */
      readonly meaning?: string;
      /** The same as in `FileColumn`. */
      readonly unit?: string;
      readonly dtype: DType;
      readonly isEmpty?: boolean;
    }
  | { readonly kind: "unsupported"; readonly reason: string };

/** The annotations of text. */
const textual: ReadonlySet<string> = new Set(["STRING", "UTF8", "ENUM"]);

const annotationReasons: Readonly<Record<string, string>> = {
  JSON: "JSON text",
  BSON: "BSON",
  INTERVAL: "time intervals",
  UUID: "UUIDs",
  VARIANT: "variants",
  GEOMETRY: "geometries",
  GEOGRAPHY: "geographies",
};

const physicalReasons: Readonly<Record<string, string>> = {
  BYTE_ARRAY: "bytes that no annotation calls text",
  FIXED_LEN_BYTE_ARRAY: "bytes",
};

const units = { MILLIS: "milliseconds", MICROS: "microseconds", NANOS: "nanoseconds" } as const;
/** 256 bits, the longest decimals that are written. */
const longestDecimal = 32;

export function valueTypeOf(element: SchemaElement): ValueType {
  const { type, converted_type, logical_type } = element;
  const annotation = logical_type?.type ?? converted_type ?? "";
  if (annotation === "FLOAT16" && element.type_length === 2)
    return { kind: "value", physical: "FLOAT16", unsigned: false, dtype: "float32" };
  if (textual.has(annotation) && type === "BYTE_ARRAY") return { kind: "value", physical: type, unsigned: false, dtype: "string" };
  const special = decimalOf(element, annotation) ?? timeOf(element, annotation);
  if (special) return special;
  const reason = annotationReasons[annotation] ?? physicalReasons[type ?? ""];
  if (reason !== undefined) return { kind: "unsupported", reason: `holds ${reason}, which are not supported` };
  // Writers annotate a column without values as NULL, even if it has a type in other files.
  const isEmpty = annotation === "NULL";
  const unsigned = logical_type?.type === "INTEGER" ? !logical_type.isSigned : (converted_type?.startsWith("UINT_") ?? false);
  switch (type) {
    case "BOOLEAN":
      return { kind: "value", physical: type, unsigned: false, dtype: "bool", isEmpty };
    case "INT32":
      return { kind: "value", physical: type, unsigned, ...narrowness(element), dtype: unsigned ? "uint32" : "int32", isEmpty };
    case "INT64":
      return { kind: "value", physical: type, unsigned, dtype: unsigned ? "uint64" : "int64", isEmpty };
    case "FLOAT":
      return { kind: "value", physical: type, unsigned: false, dtype: "float32", isEmpty };
    case "DOUBLE":
      return { kind: "value", physical: type, unsigned: false, dtype: "float64", isEmpty };
    default:
      return { kind: "unsupported", reason: `has the physical type ${type ?? "none"}, which is not supported` };
  }
}

function decimalOf({ type, logical_type, type_length = 0, scale = 0 }: SchemaElement, annotation: string): ValueType | undefined {
  if (annotation !== "DECIMAL") return undefined;
  const behind = logical_type?.type === "DECIMAL" ? logical_type.scale : scale;
  const isFixed = type === "FIXED_LEN_BYTE_ARRAY" && type_length > 0 && type_length <= longestDecimal;
  if (type !== "INT32" && type !== "INT64" && !isFixed)
    return { kind: "unsupported", reason: `holds decimal numbers as ${type ?? "a group"}, which are not supported` };
  const width = type === "FIXED_LEN_BYTE_ARRAY" ? { width: type_length } : {};
  return { kind: "value", physical: type, unsigned: false, ...width, scale: behind, dtype: "float64", meaning: `decimal, scale ${behind}` };
}

/** Dates, times and timestamps: integers that count from somewhere on. */
function timeOf({ type, logical_type }: SchemaElement, annotation: string): ValueType | undefined {
  const counted = (what: string, unit: string, clock = ""): ValueType | undefined =>
    type === "INT32" || type === "INT64" || type === "INT96"
      ? {
          kind: "value",
          physical: type,
          unsigned: false,
          dtype: type === "INT32" ? "int32" : "int64",
          meaning: `${what}, ${unit}${clock}`,
          unit,
        }
      : undefined;
  if (type === "INT96") return counted("timestamp", "nanoseconds since 1970-01-01");
  if (annotation === "DATE") return counted("date", "days since 1970-01-01");
  const [kind, converted] = annotation.split("_");
  if (kind !== "TIME" && kind !== "TIMESTAMP") return undefined;
  const isLogical = logical_type?.type === "TIME" || logical_type?.type === "TIMESTAMP";
  const unit = units[isLogical ? logical_type.unit : (converted as "MILLIS" | "MICROS")];
  if (kind === "TIME") return counted("time", `${unit} since midnight`);
  return counted("timestamp", `${unit} since 1970-01-01`, isLogical && !logical_type.isAdjustedToUTC ? " in local time" : " UTC");
}

function narrowness({ logical_type, converted_type }: SchemaElement): { readonly bits?: number } {
  const bits = logical_type?.type === "INTEGER" ? logical_type.bitWidth : Number(converted_type?.split("INT_")[1]);
  return bits === 8 || bits === 16 ? { bits } : {};
}
