/**
 * The box that hovering over an item of a chart shows.
 *
 * @import { ChartTheme } from "./chart-theme.js"
 */

/**
 * @param {ChartTheme} theme
 * @param {(values: readonly number[]) => string} describe what to say of an item's values
 */
export function itemTooltip(theme, describe) {
  return {
    trigger: /** @type {const} */ ("item"),
    renderMode: /** @type {const} */ ("richText"),
    transitionDuration: 0,
    backgroundColor: theme.panel,
    borderColor: theme.grid,
    textStyle: { color: theme.ink, fontSize: 12 },
    formatter: (/** @type {any} */ item) => describe(item.value),
  };
}
