/** Draws rows of text in aligned columns, with a line of heads. */

export interface Column {
  readonly head: string;
  readonly align?: "right";
}

export function drawTable(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = columns.map(({ head }, index) => rows.reduce((most, row) => Math.max(most, [...row[index]].length), head.length));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => {
        const padding = " ".repeat(Math.max(0, widths[index] - [...cell].length));
        return columns[index].align === "right" ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd();
  return [line(columns.map(({ head }) => head)), ...rows.map(line)];
}
