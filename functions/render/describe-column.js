/**
 * A column's type in words, for the page and the command line.
 * @import { Column } from "../../engine/program/schema.ts"
 * @param {Pick<Column, "dtype" | "nullable" | "isRounded" | "lists">} column
 */
export const describeColumn = ({ dtype, nullable, isRounded, lists }) =>
  `${"list of ".repeat(lists.length)}${dtype}${nullable ? ", may be missing" : ""}${isRounded && dtype === "float64" ? ", may have integers from 2⁵³ on, which are rounded" : ""}`;
