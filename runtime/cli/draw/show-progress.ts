/** Shows a progress bar on standard error if that is a terminal, else nothing, so that logs and pipes stay clean. */
import { Presets, SingleBar } from "cli-progress";
import type { Status } from "../../../functions/api.ts";
import { displayable, escapeText } from "../../../functions/render/displayable.js";
import { formatNumber } from "../../../functions/render/format-number.js";
import type { Output } from "./terminal.ts";

export interface Progress {
  show(status: Status): void;
  stop(): void;
}

export function showProgress(output: Output, { enabled }: { readonly enabled: boolean }): Progress {
  if (!enabled || !output.isTTY) return { show: () => undefined, stop: () => undefined };
  const bar = openBar(output, "{bar} {value}/{total} partitions · {events} events · {rate} events/s{note}");
  const started = performance.now();
  let first: number | undefined;
  return {
    show(status) {
      const { partitions, events, preparing, note } = displayable({ ...status, histograms: {} });
      first ??= events.done;
      const rate = (events.done - first) / Math.max(0.001, (performance.now() - started) / 1000);
      const made = preparing ? ` · the dataset is being made: ${Math.floor((100 * preparing.entries) / preparing.total)} %` : "";
      const failed = partitions.failed > 0 ? ` · ${partitions.failed} failed` : "";
      const payload = {
        events: formatNumber(events.done),
        rate: formatNumber(Number(rate.toPrecision(2))),
        note: failed + made + (note ? ` · ${note}` : ""),
      };
      if (bar.isActive) bar.setTotal(partitions.total);
      else bar.start(partitions.total, partitions.done, payload);
      bar.update(partitions.done, payload);
    },
    stop: () => bar.stop(),
  };
}

export interface Steps {
  next(note: string): void;
  /** Tells how many steps are done now. */
  reach(done: number): void;
  stop(): void;
}

/** A progress bar for a known number of steps. */
export function showSteps(output: Output, { total, of }: { readonly total: number; readonly of: string }): Steps {
  if (!output.isTTY) return { next: () => undefined, reach: () => undefined, stop: () => undefined };
  const bar = openBar(output, `{bar} {value}/{total} ${of} · {note}`);
  bar.start(total, 0, { note: "" });
  return {
    next: (note) => bar.increment({ note: escapeText(note) }),
    reach: (done) => bar.update(done),
    stop: () => bar.stop(),
  };
}

const openBar = (output: Output, format: string): SingleBar =>
  new SingleBar(
    { format, stream: output as NodeJS.WritableStream, clearOnComplete: true, hideCursor: true, barsize: 30, gracefulExit: false },
    Presets.shades_classic,
  );
