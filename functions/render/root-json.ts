/**
 * Writes a histogram as ROOT's own JSON of it (TBufferJSON), which JSROOT draws and `TBufferJSON::FromJSON` reads: TH1D, TH2D, TH3D, and TProfile,
 * TProfile2D, TProfile3D for means. Without axes it is a TH1D of one bin. ROOT's axes always have underflow and overflow; where our axis has none, they
 * are 0. Statistics are computed from the bin centres.
 */
import type { Nested, UhiAxis, UhiHistogram, UhiStorage } from "../../engine/histogram/uhi.ts";
import { axisEdges, binNames, flowOf } from "./read-histogram.js";

/** The most axes of a histogram in ROOT. */
export const mostRootAxes = 3;

export function renderRoot(name: string, histogram: UhiHistogram): string {
  const { storage, metadata } = histogram;
  const axes: readonly UhiAxis[] = histogram.axes.length > 0 ? histogram.axes : [{ type: "category_str", categories: [""], flow: false }];
  const flatten = (nested: Nested) => placeCells(typeof nested === "number" ? [nested] : nested, axes);
  const contents = contentsOf(storage, flatten);
  const kind = contents.fBinEntries ? "TProfile" : "TH";
  const type = kind === "TH" ? `TH${axes.length}D` : `TProfile${axes.length > 1 ? `${axes.length}D` : ""}`;
  return JSON.stringify({
    _typename: type,
    ...object,
    fBits: 8,
    fName: name,
    fTitle: String(metadata?.label ?? ""),
    ...look,
    fNcells: contents.fArray.length,
    fXaxis: writeAxis("xaxis", axes[0]),
    fYaxis: writeAxis("yaxis", axes[1]),
    fZaxis: writeAxis("zaxis", axes[2]),
    fBarOffset: 0,
    fBarWidth: 1000,
    fEntries: Number(metadata?.entries ?? 0),
    ...statisticsOf(axes, contents),
    fMaximum: -1111,
    fMinimum: -1111,
    fNormFactor: 0,
    fContour: [],
    fOption: "",
    fFunctions: { _typename: "TList", name: "TList", arr: [], opt: [] },
    fBufferSize: 0,
    fBuffer: [],
    fBinStatErrOpt: 0,
    fStatOverflows: 2,
    ...(axes.length === 2 && { fScalefactor: 1 }),
    ...(contents.fBinEntries && { fErrorMode: 0, fYmin: 0, fYmax: 0 }),
    ...contents,
  });
}

const object = { fUniqueID: 0, fBits: 0 };
const look = {
  fLineColor: 602,
  fLineStyle: 1,
  fLineWidth: 1,
  fFillColor: 0,
  fFillStyle: 1001,
  fMarkerColor: 1,
  fMarkerStyle: 1,
  fMarkerSize: 1,
};

/** The contents of all cells, in ROOT's numbering. */
interface Contents {
  readonly fArray: readonly number[];
  readonly fSumw2: readonly number[];
  /** Only for means: Σw and Σw². The two arrays above are then Σwy and Σwy². */
  readonly fBinEntries?: readonly number[];
  readonly fBinSumw2?: readonly number[];
}

function contentsOf(storage: UhiStorage, flatten: (nested: Nested) => readonly number[]): Contents {
  if (storage.type === "int") return { fArray: flatten(storage.values), fSumw2: [] };
  const [values, variances] = [flatten(storage.values), flatten(storage.variances)];
  if (storage.type === "weighted") return { fArray: values, fSumw2: variances };
  const isMean = storage.type === "mean";
  const weights = flatten(isMean ? storage.counts : storage.sum_of_weights);
  const squares = isMean ? weights : flatten(storage.sum_of_weights_squared);
  const freedom = (cell: number) => (weights[cell] === 0 ? 0 : weights[cell] - squares[cell] / weights[cell]);
  return {
    fArray: values.map((mean, cell) => mean * weights[cell]),
    fSumw2: values.map((mean, cell) => variances[cell] * freedom(cell) + weights[cell] * mean ** 2),
    fBinEntries: weights,
    fBinSumw2: isMean ? [] : squares,
  };
}

/** Bins along an axis, without flow. */
const binsOf = (axis: UhiAxis): number => axisEdges(axis).length - 1;

/** From nested lists, the last axis fastest, to ROOT's order: the first axis fastest, each with underflow and overflow. */
function placeCells(nested: readonly Nested[], axes: readonly UhiAxis[]): readonly number[] {
  const strides = axes.map((_, index) => axes.slice(0, index).reduce((product, axis) => product * (binsOf(axis) + 2), 1));
  const cells = new Array<number>(axes.reduce((product, axis) => product * (binsOf(axis) + 2), 1)).fill(0);
  const visit = (item: Nested, depth: number, cell: number): void => {
    if (typeof item === "number") cells[cell] = item;
    else {
      const first = flowOf(axes[depth]).underflow ? 0 : 1;
      for (const [index, inner] of item.entries()) visit(inner, depth + 1, cell + (index + first) * strides[depth]);
    }
  };
  visit(nested, 0, 0);
  return cells;
}

function writeAxis(name: string, axis: UhiAxis | undefined): object {
  const edges = axis ? axisEdges(axis) : [0, 1];
  const names = axis ? binNames(axis) : [];
  return {
    _typename: "TAxis",
    ...object,
    fName: name,
    fTitle: axis?.metadata?.label ?? "",
    fNdivisions: 510,
    fAxisColor: 1,
    fLabelColor: 1,
    fLabelFont: 42,
    fLabelOffset: 0.005,
    fLabelSize: 0.035,
    fTickLength: 0.03,
    fTitleOffset: 1,
    fTitleSize: 0.035,
    fTitleColor: 1,
    fTitleFont: 42,
    fNbins: edges.length - 1,
    fXmin: edges[0],
    fXmax: edges[edges.length - 1],
    fXbins: axis?.type === "variable" ? edges : [],
    fFirst: 0,
    fLast: 0,
    fBits2: 0,
    fTimeDisplay: false,
    fTimeFormat: "",
    fLabels: names.length === 0 ? null : writeLabels(names),
    fModLabs: null,
  };
}

/** A label's number is that of its bin, from 1. */
const writeLabels = (names: readonly string[]) => ({
  _typename: "THashList",
  name: "THashList",
  arr: names.map((fString, index) => ({ _typename: "TObjString", fUniqueID: index + 1, fBits: 0, fString })),
  opt: names.map(() => ""),
});

/** Sums over the bins in range, of weights and of the centres along each axis. */
function statisticsOf(axes: readonly UhiAxis[], { fArray, fSumw2, fBinEntries, fBinSumw2 }: Contents): Readonly<Record<string, number>> {
  const weights = fBinEntries ?? fArray;
  const squares = fBinEntries ? fBinSumw2! : fSumw2;
  const edges = axes.map(axisEdges);
  const sums = new Map<string, number>();
  const add = (name: string, value: number) => sums.set(name, (sums.get(name) ?? 0) + value);
  for (const name of sumNames(axes.length, fBinEntries !== undefined)) sums.set(name, 0);
  weights.forEach((weight, cell) => {
    let rest = cell;
    const places = edges.map(({ length }) => {
      const place = rest % (length + 1);
      rest = Math.floor(rest / (length + 1));
      return place;
    });
    if (places.some((place, axis) => place === 0 || place === edges[axis].length)) return;
    const centres = places.map((place, axis) => (edges[axis][place - 1] + edges[axis][place]) / 2);
    add("fTsumw", weight);
    add("fTsumw2", squares.length > 0 ? squares[cell] : weight);
    for (const [axis, centre] of centres.entries()) {
      const letter = "xyz"[axis];
      add(`fTsumw${letter}`, weight * centre);
      add(`fTsumw${letter}2`, weight * centre ** 2);
      for (let other = 0; other < axis; other++) add(`fTsumw${"xyz"[other]}${letter}`, weight * centre * centres[other]);
    }
    if (!fBinEntries) return;
    const letter = "yzt"[axes.length - 1];
    add(`fTsumw${letter}`, fArray[cell]);
    add(`fTsumw${letter}2`, fSumw2[cell]);
  });
  return Object.fromEntries(sums);
}

function sumNames(axes: number, isMean: boolean): readonly string[] {
  const letters = [...("xyz".slice(0, axes) + (isMean ? "yzt"[axes - 1] : ""))];
  return ["fTsumw", "fTsumw2", ...letters.flatMap((letter) => [`fTsumw${letter}`, `fTsumw${letter}2`])];
}
