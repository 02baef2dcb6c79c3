/**
 * A signal that aborts with the first of several. Unlike `AbortSignal.any`, once released it leaves nothing at signals that live on. Else the signal of
 * the whole process would collect a reference for every subtask.
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
