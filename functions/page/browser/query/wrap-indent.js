/**
 * Lets wrapped lines go on below their own beginning, two characters further in. It does so by classes, because the page admits no style
 * attributes.
 */
import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin } from "@codemirror/view";

const deepest = 24;

const rules = Object.fromEntries(
  Array.from({ length: deepest + 1 }, (_, depth) => [
    `.cm-line.cm-indent-${depth}`,
    { paddingLeft: `calc(6px + ${depth + 2}ch)`, textIndent: `-${depth + 2}ch` },
  ]),
);

const decorations = Array.from({ length: deepest + 1 }, (_, depth) => Decoration.line({ class: `cm-indent-${depth}` }));

/** @param {EditorView} view */
function indentVisibleLines(view) {
  /** @type {RangeSetBuilder<Decoration>} */
  const builder = new RangeSetBuilder();
  for (const { from, to } of view.visibleRanges) {
    for (let at = from; at <= to; ) {
      const line = view.state.doc.lineAt(at);
      builder.add(line.from, line.from, decorations[Math.min(deepest, line.text.search(/\S|$/))]);
      at = line.to + 1;
    }
  }
  return builder.finish();
}

export const wrapIndent = [
  EditorView.theme(rules),
  ViewPlugin.define(
    (view) => ({
      decorations: indentVisibleLines(view),
      update({ view: current, docChanged, viewportChanged }) {
        if (docChanged || viewportChanged) this.decorations = indentVisibleLines(current);
      },
    }),
    { decorations: ({ decorations: current }) => current },
  ),
];
