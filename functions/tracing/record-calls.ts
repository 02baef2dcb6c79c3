/** Records calls of a service as spans. */
import { overlay } from "../metrics/overlay.ts";
import type { Span } from "./tracer.ts";

/** Returns `object` with calls of these functions recorded into `calls`, as `NAME.FUNCTION`. */
export function recordCalls<Target extends object>(
  object: Target,
  { name, functions, calls }: { readonly name: string; readonly functions: readonly (keyof Target & string)[]; readonly calls: Span[] },
): Target {
  const recorded: Record<string, unknown> = {};
  for (const each of functions) {
    const call = (object[each] as (...args: unknown[]) => Promise<unknown>).bind(object);
    recorded[each] = async (...args: unknown[]) => {
      const start = now();
      let failed = true;
      try {
        const result = await call(...args);
        failed = false;
        return result;
      } finally {
        calls.push({ name: `${name}.${each}`, start, end: now(), ...(failed && { failed }) });
      }
    };
  }
  return overlay(object, recorded as Partial<Target>);
}

export const now = (): number => performance.timeOrigin + performance.now();
