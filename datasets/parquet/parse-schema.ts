/** The schema in a footer: a list of elements, each before its children. */
import type { LogicalType, SchemaElement } from "hyparquet";
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

/** Of a type with parameters only those of integers are used: the others are told by their names. */
const logicalTypes = new Map<number, LogicalType>([
  [1, { type: "STRING" }],
  [2, { type: "MAP" }],
  [3, { type: "LIST" }],
  [4, { type: "ENUM" }],
  [5, { type: "DECIMAL", precision: 0, scale: 0 }],
  [6, { type: "DATE" }],
  [7, { type: "TIME", isAdjustedToUTC: false, unit: "MILLIS" }],
  [8, { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MILLIS" }],
  [11, { type: "NULL" }],
  [12, { type: "JSON" }],
  [13, { type: "BSON" }],
  [14, { type: "UUID" }],
  [15, { type: "FLOAT16" }],
  [16, { type: "VARIANT" }],
  [17, { type: "GEOMETRY" }],
  [18, { type: "GEOGRAPHY" }],
]);

const integerType = 10;

/** Undefined for one that is newer than this reader: the physical type decides. */
function parseLogicalType(reader: ThriftReader): LogicalType | undefined {
  let type: LogicalType | undefined;
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    if (field === integerType) {
      type = parseIntegerType(reader);
    } else {
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

function named<Name>(names: readonly Name[], number: number, what: string): Name {
  const name = names[number];
  if (name === undefined) throw new Error(`${number} is no ${what}`);
  return name;
}
