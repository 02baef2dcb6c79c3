/**
 * A signal that aborts with the first of several. Unlike `AbortSignal.any` it leaves nothing behind, once released, at those that live on: a process's
 * own signal would otherwise keep a trace of every subtask it ever ran.
 */
export function followSignals(signals: readonly AbortSignal[]): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const listeners = signals.map((signal) => {
    const listener = () => controller.abort(signal.reason);
    if (signal.aborted) listener();
    else signal.addEventListener("abort", listener, { once: true });
    return { signal, listener };
  });
  return {
    signal: controller.signal,
    release() {
      for (const { signal, listener } of listeners) signal.removeEventListener("abort", listener);
    },
  };
}
