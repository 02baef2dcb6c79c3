/**
 * Arranges a dataset's columns as a tree: records and collections with their fields, then the columns that stand alone.
 *
 * @import { Column } from "../../../../engine/program/schema.ts"
 */
import { describeColumn } from "../../../render/describe-column.js";

/**
 * @typedef {object} TreeItem
 * @property {string} label
 * @property {string} note type, as short as it can be told
 * @property {string} insert what stands for it in an expression
 * @property {readonly TreeItem[]} children
 * @property {Column} [column] of an item without children
 */

/**
 * @param {readonly Column[]} columns
 * @returns {readonly TreeItem[]}
 */
export function schemaTree(columns) {
  /** @type {Map<string, Column[]>} */
  const records = new Map();
  /** @type {TreeItem[]} */
  const plain = [];
  for (const column of columns) {
    if (!column.member)
      plain.push({ label: column.name, note: describeColumn(column), insert: reference(column.name), children: [], column });
    else records.set(column.member.record, [...(records.get(column.member.record) ?? []), column]);
  }
  const groups = [...records].map(([record, fields]) => ({
    label: record,
    note: `${fields.some(({ lists }) => lists.length > 0) ? "list of " : ""}${fields.length} ${fields.length === 1 ? "field" : "fields"}`,
    insert: reference(record),
    children: fields.map((column) => fieldItem(record, column)),
  }));
  return [...groups, ...plain];
}

/**
 * Keeps the items that match the filter, with all children of an item that matches itself.
 * @param {readonly TreeItem[]} items
 * @param {string} filter any case
 * @returns {readonly TreeItem[]}
 */
export function filterTree(items, filter) {
  const wanted = filter.trim().toLowerCase();
  if (!wanted) return items;
  return items.flatMap((item) => {
    if (item.label.toLowerCase().includes(wanted) || item.insert.toLowerCase() === wanted) return [item];
    const children = item.children.filter(
      ({ label, insert }) => label.toLowerCase().includes(wanted) || insert.toLowerCase().includes(wanted),
    );
    return children.length > 0 ? [{ ...item, children }] : [];
  });
}

/**
 * @param {string} record
 * @param {Column} column
 * @returns {TreeItem}
 */
function fieldItem(record, column) {
  const field = column.member?.field ?? column.name;
  const insert = isIdentifier(record) && isIdentifier(field) ? `${record}.${field}` : reference(column.name);
  return { label: field, note: describeColumn({ ...column, lists: [] }), insert, children: [], column };
}

/** @param {string} name */
const isIdentifier = (name) => /^[A-Za-z_$][\w$]*$/.test(name);

/**
 * Quotes a name for an expression. The quotes are single ones, since expressions stand in JSON strings.
 * @param {string} name
 */
const reference = (name) => (isIdentifier(name) ? name : `col('${name.replace(/[\\']/g, "\\$&")}')`);
