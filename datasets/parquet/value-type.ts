/** Which of our types a Parquet leaf becomes, or why it cannot become one. */
import type { SchemaElement } from "hyparquet";
import type { DType } from "../../engine/program/schema.ts";

/** Physical types that are read; `unsigned` INT32 and INT64 hold their logical type's bits. */
export type PhysicalType = "BOOLEAN" | "INT32" | "INT64" | "FLOAT16" | "FLOAT" | "DOUBLE" | "BYTE_ARRAY";

export type ValueType =
  | {
      readonly kind: "value";
      readonly physical: PhysicalType;
      readonly unsigned: boolean;
      readonly bits?: number;
      readonly dtype: DType;
      readonly isEmpty?: boolean;
    }
  | { readonly kind: "unsupported"; readonly reason: string };

/** What text is annotated with. */
const textual: ReadonlySet<string> = new Set(["STRING", "UTF8", "ENUM"]);

const convertedReasons: Readonly<Record<string, string>> = {
  JSON: "JSON text",
  BSON: "BSON",
  DECIMAL: "decimal numbers",
  DATE: "dates",
  TIME: "times",
  TIME_MILLIS: "times",
  TIME_MICROS: "times",
  TIMESTAMP: "times",
  TIMESTAMP_MILLIS: "times",
  TIMESTAMP_MICROS: "times",
  INTERVAL: "time intervals",
  UUID: "UUIDs",
  VARIANT: "variants",
  GEOMETRY: "geometries",
  GEOGRAPHY: "geographies",
};

const physicalReasons: Readonly<Record<string, string>> = {
  INT96: "96-bit times",
  BYTE_ARRAY: "bytes that no annotation calls text",
  FIXED_LEN_BYTE_ARRAY: "bytes",
};

export function valueTypeOf(element: SchemaElement): ValueType {
  const { type, converted_type, logical_type } = element;
  const annotation = logical_type?.type ?? converted_type ?? "";
  if (annotation === "FLOAT16" && element.type_length === 2)
    return { kind: "value", physical: "FLOAT16", unsigned: false, dtype: "float32" };
  if (textual.has(annotation) && type === "BYTE_ARRAY") return { kind: "value", physical: type, unsigned: false, dtype: "string" };
  const reason = convertedReasons[annotation] ?? physicalReasons[type ?? ""];
  if (reason !== undefined) return { kind: "unsupported", reason: `holds ${reason}, which are not supported` };
  // What writers make of a column without any value, whatever its type may be elsewhere.
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

function narrowness({ logical_type, converted_type }: SchemaElement): { readonly bits?: number } {
  const bits = logical_type?.type === "INTEGER" ? logical_type.bitWidth : Number(converted_type?.split("INT_")[1]);
  return bits === 8 || bits === 16 ? { bits } : {};
}
