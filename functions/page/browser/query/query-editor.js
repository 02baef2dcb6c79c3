/**
 * The editor of the query's text: JSON with colours, folding, history and errors underlined at their place. Tab leaves the editor, as
 * elsewhere on the page; Ctrl+Enter (Cmd+Enter) runs the query.
 *
 * @import { Diagnostic } from "@codemirror/lint"
 * @import { QueryIssue } from "../../../../engine/query/query-error.ts"
 */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import {
  bracketMatching,
  codeFolding,
  ensureSyntaxTree,
  foldEffect,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  syntaxHighlighting,
} from "@codemirror/language";
import { linter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { findSyntaxError } from "../../../client/find-syntax-error.js";
import { locateIssue, locateValue } from "./locate-issue.js";
import { separate } from "./separate.js";
import { typeOver } from "./type-over.js";
import { wrapIndent } from "./wrap-indent.js";

/**
 * @typedef {object} EditorOptions
 * @property {HTMLElement} parent
 * @property {string} text
 * @property {string} nonce admits the editor's own styles
 * @property {() => void} onRun
 * @property {() => void} onEdit
 * @property {(error: NonNullable<ReturnType<typeof findSyntaxError>>) => void} onBroken told a moment after an edit, for text that is no JSON
 * @property {(text: string) => Promise<readonly QueryIssue[]>} check asked a moment after an edit, for text that is JSON
 *
 * @typedef {ReturnType<typeof createQueryEditor>} QueryEditor
 */

const checkDelay = 400;
/** Arrays of numbers with more characters than this, such as bin edges, are folded when a query is put in. */
const longestOpenArray = 400;

/** @param {EditorOptions} options */
export function createQueryEditor({ parent, text, nonce, onRun, onEdit, onBroken, check }) {
  const run = () => {
    onRun();
    return true;
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        EditorView.cspNonce.of(nonce),
        Prec.highest(keymap.of([{ key: "Mod-Enter", preventDefault: true, run }])),
        lineNumbers(),
        foldGutter(),
        codeFolding({ placeholderText: "…" }),
        history(),
        drawSelection(),
        bracketMatching(),
        highlightActiveLine(),
        json(),
        syntaxHighlighting(editorColours),
        editorTheme,
        EditorView.lineWrapping,
        wrapIndent,
        typeOver,
        EditorView.contentAttributes.of({ "aria-label": "Query, as JSON. Control Enter runs it.", spellcheck: "false", id: "editor" }),
        linter(async (editor) => (editor.state.doc.length === 0 ? [] : lint(editor)), { delay: checkDelay }),
        keymap.of([...defaultKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap]),
        EditorView.updateListener.of(({ docChanged }) => docChanged && onEdit()),
      ],
    }),
  });

  /** @param {EditorView} editor */
  async function lint(editor) {
    const content = editor.state.doc.toString();
    const parsed = tree();
    const broken = parsed && findSyntaxError(parsed, content);
    if (!broken) return diagnostics(await check(content));
    const message = `This is not JSON: ${broken.message}`;
    onBroken({ ...broken, message });
    return [{ from: broken.from, to: broken.to, severity: /** @type {const} */ ("error"), message }];
  }

  const tree = () => ensureSyntaxTree(view.state, view.state.doc.length, 1000);

  /**
   * @param {readonly QueryIssue[]} issues
   * @returns {Diagnostic[]}
   */
  function diagnostics(issues) {
    const parsed = tree();
    if (!parsed) return [];
    const source = view.state.doc.toString();
    return issues.map((issue) => {
      const range = locateIssue(parsed, source, issue);
      const actions = issue.line === undefined ? [] : (issue.near ?? []).map((name) => ({ name, apply: replaceWith(name) }));
      return { ...range, severity: "error", message: issue.message, actions };
    });
  }

  /** @param {string} name */
  const replaceWith = (name) => (/** @type {EditorView} */ editor, /** @type {number} */ from, /** @type {number} */ to) =>
    editor.dispatch({ changes: { from, to, insert: JSON.stringify(name).slice(1, -1) } });

  function foldLongArrays() {
    /** @type {import("@codemirror/state").StateEffect<unknown>[]} */
    const effects = [];
    tree()?.iterate({
      enter: ({ name, from, to, node }) => {
        if (name === "Array" && to - from > longestOpenArray && node.getChildren("Number").length > 0) {
          effects.push(foldEffect.of({ from: from + 1, to: to - 1 }));
        }
      },
    });
    if (effects.length > 0) view.dispatch({ effects });
  }
  foldLongArrays();

  return {
    text: () => view.state.doc.toString(),
    focus: () => view.focus(),
    /** @param {string} content */
    replace(content) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: content }, selection: { anchor: 0 } });
      foldLongArrays();
    },
    /**
     * Inserts words at the cursor, instead of what is selected; in a word, behind it. Nothing is inserted before the first character: no column can
     * stand there, and the cursor is there until somebody places it.
     * @param {string} words
     */
    insert(words) {
      const { from, to } = view.state.selection.main;
      if (to === 0 && view.state.doc.length > 0) return;
      const change = separate(view.state.doc.toString(), { from, to }, words);
      view.dispatch({ changes: change, selection: { anchor: change.from + change.insert.length }, scrollIntoView: true });
      view.focus();
    },
    /** Replaces the dataset's name and keeps all else as it is written. @param {string} name */
    setDataset(name) {
      const parsed = tree();
      const range = parsed && locateValue(parsed, view.state.doc.toString(), "dataset");
      if (range) view.dispatch({ changes: { ...range, insert: JSON.stringify(name) } });
    },
    /** @param {readonly QueryIssue[]} issues */
    showIssues: (issues) => view.dispatch(setDiagnostics(view.state, diagnostics(issues))),
    /** @param {QueryIssue} issue */
    goTo(issue) {
      const parsed = tree();
      if (parsed) this.goToOffset(locateIssue(parsed, view.state.doc.toString(), issue).from);
    },
    /** @param {number} anchor */
    goToOffset(anchor) {
      view.dispatch({ selection: { anchor }, scrollIntoView: true });
      view.focus();
    },
  };
}

/** The editor has the page's colours, which follow the system's light or dark. */
const editorColours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--code-name)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: [tags.bool, tags.null], color: "var(--code-keyword)" },
  { tag: [tags.punctuation, tags.brace, tags.squareBracket, tags.separator], color: "var(--faint)" },
]);

const editorTheme = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "var(--panel)", color: "var(--ink)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--ink)", padding: "10px 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--faint)", border: "none" },
  ".cm-activeLine": { backgroundColor: "var(--hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selection)", outline: "1px solid var(--faint)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--hover)", border: "1px solid var(--line)", color: "var(--faint)", padding: "0 6px" },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "6px" },
  ".cm-diagnostic": { padding: "6px 10px" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
  ".cm-diagnosticAction": { backgroundColor: "var(--accent)", color: "var(--on-accent)", borderRadius: "4px", padding: "2px 8px" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy 1.5px var(--bad)", textUnderlineOffset: "3px" },
  ".cm-panel.cm-panel-lint": { backgroundColor: "var(--panel)", color: "var(--ink)" },
});
