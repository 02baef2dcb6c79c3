/** A figure of the cluster's benchmark, its aim, and how both are shown. */
import { drawTable } from "../../../runtime/cli/draw/draw-table.ts";

export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** The value divided by a figure of ZooKeeper or MongoDB alone, measured in the same run. */
  readonly relative?: { readonly value: number; readonly to: string };
  /** The limit for the relative value, or for the value itself if there is no relative one. */
  readonly aim?: { readonly atMost: number } | { readonly atLeast: number };
}

export function isMet({ value, relative, aim }: Figure): boolean | undefined {
  if (aim === undefined) return undefined;
  const measured = relative?.value ?? value;
  return "atMost" in aim ? measured <= aim.atMost : measured >= aim.atLeast;
}

export function describeFigure(figure: Figure): object {
  const { value, relative, ...rest } = figure;
  const met = isMet(figure);
  return {
    ...rest,
    value: round(value),
    ...(relative && { relative: { ...relative, value: round(relative.value) } }),
    ...(met !== undefined && { met }),
  };
}

export function drawFigures(figures: readonly Figure[]): string {
  const heads = ["figure", "value", "", "relative", "", "aim", ""];
  const rows = figures.map((figure) => {
    const { value, unit, relative, aim } = figure;
    const bound = aim && ("atMost" in aim ? `≤ ${shown(aim.atMost)}` : `≥ ${shown(aim.atLeast)}`);
    const met = isMet(figure);
    return [
      figure.figure,
      shown(value),
      unit,
      relative ? shown(relative.value) : "",
      relative?.to ?? "",
      bound ?? "",
      met === undefined ? "" : met ? "met" : "missed",
    ];
  });
  const columns = heads.map((head, index) => ([1, 3, 5].includes(index) ? { head, align: "right" as const } : { head }));
  return drawTable(columns, rows).join("\n");
}

const round = (value: number): number => Number(value.toPrecision(4));

function shown(value: number): string {
  if (Number.isInteger(value)) return value.toString();
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}
