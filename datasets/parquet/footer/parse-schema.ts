/** Parses the schema in a footer: a list of elements, each before its children. */
import type { LogicalType, SchemaElement, TimeUnit } from "hyparquet";
import { ConvertedTypes, FieldRepetitionTypes, ParquetTypes } from "hyparquet/src/constants.js";
import type { ThriftReader } from "./thrift-reader.ts";

export function parseSchema(reader: ThriftReader): SchemaElement[] {
  const elements = Array.from({ length: reader.listSize() }, () => parseElement(reader));
  const children = elements.reduce((sum, { num_children = 0 }) => sum + num_children, 0);
  if (children !== elements.length - 1) throw new Error("its schema is no tree");
  return elements;
}

function parseElement(reader: ThriftReader): SchemaElement {
  const element: SchemaElement = { name: "" };
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    switch (field) {
      case 1:
        element.type = named(ParquetTypes, reader.count(), "type");
        break;
      case 2:
        element.type_length = reader.count();
        break;
      case 3:
        element.repetition_type = named(FieldRepetitionTypes, reader.count(), "repetition");
        break;
      case 4:
        element.name = reader.text();
        break;
      case 5:
        element.num_children = reader.count();
        break;
      case 6:
        element.converted_type = named(ConvertedTypes, reader.count(), "converted type");
        break;
      case 7:
        element.scale = reader.count();
        break;
      case 10: {
        const type = parseLogicalType(reader);
        if (type) element.logical_type = type;
        break;
      }
      default:
        reader.skip();
    }
  }
  return element;
}

/** Types without parameters that matter here. */
const logicalTypes = new Map<number, LogicalType>([
  [1, { type: "STRING" }],
  [2, { type: "MAP" }],
  [3, { type: "LIST" }],
  [4, { type: "ENUM" }],
  [6, { type: "DATE" }],
  [11, { type: "NULL" }],
  [12, { type: "JSON" }],
  [13, { type: "BSON" }],
  [14, { type: "UUID" }],
  [15, { type: "FLOAT16" }],
  [16, { type: "VARIANT" }],
  [17, { type: "GEOMETRY" }],
  [18, { type: "GEOGRAPHY" }],
]);

const decimalType = 5;
const timeType = 7;
const timestampType = 8;
const integerType = 10;

/** Parses a logical type; undefined if it is newer than this reader, so that the physical type decides. */
function parseLogicalType(reader: ThriftReader): LogicalType | undefined {
  let type: LogicalType | undefined;
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    if (field === integerType) type = parseIntegerType(reader);
    else if (field === decimalType) type = parseDecimalType(reader);
    else if (field === timeType) type = { type: "TIME", ...parseTimeType(reader) };
    else if (field === timestampType) type = { type: "TIMESTAMP", ...parseTimeType(reader) };
    else {
      type = logicalTypes.get(field);
      reader.skip();
    }
  }
  return type;
}

function parseIntegerType(reader: ThriftReader): LogicalType {
  let bitWidth = 0;
  let isSigned = true;
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    if (field === 1) bitWidth = reader.byte();
    else if (field === 2) isSigned = reader.boolean();
    else reader.skip();
  }
  return { type: "INTEGER", bitWidth, isSigned };
}

function parseDecimalType(reader: ThriftReader): LogicalType {
  let scale = 0;
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    if (field === 1) scale = reader.count();
    else reader.skip();
  }
  return { type: "DECIMAL", precision: 0, scale };
}

const timeUnits: readonly TimeUnit[] = ["MILLIS", "MICROS", "NANOS"];

function parseTimeType(reader: ThriftReader): { isAdjustedToUTC: boolean; unit: TimeUnit } {
  let isAdjustedToUTC = false;
  let unit: TimeUnit = "MILLIS";
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    if (field === 1) isAdjustedToUTC = reader.boolean();
    else if (field === 2) unit = parseTimeUnit(reader);
    else reader.skip();
  }
  return { isAdjustedToUTC, unit };
}

/** Parses a time unit: a union in which the present field tells the unit. */
function parseTimeUnit(reader: ThriftReader): TimeUnit {
  let unit: TimeUnit | undefined;
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    unit = named(timeUnits, field - 1, "unit of time");
    reader.skip();
  }
  if (!unit) throw new Error("a time has no unit");
  return unit;
}

function named<Name>(names: readonly Name[], number: number, what: string): Name {
  const name = names[number];
  if (name === undefined) throw new Error(`${number} is no ${what}`);
  return name;
}
