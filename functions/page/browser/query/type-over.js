/**
 * Typing over a selection. Left to itself the browser gives what is typed the colours that the selection had, as a style attribute, which the page's
 * Content-Security-Policy refuses. So the editor replaces the text itself. It leaves to the browser what an input method composes, and a selection
 * that the editor has not heard of yet: at the worst the refused attribute is reported.
 */
import { EditorView } from "@codemirror/view";

export const typeOver = EditorView.domEventHandlers({
  beforeinput({ data, inputType }, view) {
    if (inputType !== "insertText" || data === null || view.composing || !knowsSelection(view)) return false;
    view.dispatch(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

/**
 * Whether something is selected, in the editor as in the browser. Of a long text only the lines in view are in the document.
 *
 * @param {EditorView} view
 */
function knowsSelection(view) {
  const { from, to, empty } = view.state.selection.main;
  const selection = document.getSelection();
  if (empty || selection === null || selection.rangeCount === 0) return false;
  const { startContainer, startOffset, endContainer, endOffset } = selection.getRangeAt(0);
  return (
    view.posAtDOM(startContainer, startOffset) === Math.max(from, view.viewport.from) &&
    view.posAtDOM(endContainer, endOffset) === Math.min(to, view.viewport.to)
  );
}
