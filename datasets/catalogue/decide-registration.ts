/**
 * Decides which pattern a name stands for if several processes give it one. Pure.
 *
 * The rule: the pattern that is registered counts for everybody, so that an answer never depends on which process was asked. A process that was started with
 * another pattern takes the name over only when no process that holds it runs any more. Until then it uses the registered one.
 */
import type { Registration } from "../../base/registration.ts";

export type Decision =
  /** The name is free or was released. */
  | { readonly kind: "register"; readonly next: Registration }
  /** The name is registered in this process's form. The holder renews it from time to time, to show that it runs. */
  | { readonly kind: "renew"; readonly next: Registration }
  | { readonly kind: "keep" }
  /** Another pattern has the name. */
  | { readonly kind: "yield" };

export interface Own {
  readonly name: string;
  readonly pattern: string;
  readonly by: string;
  readonly content?: Registration["content"];
}

export interface Situation {
  readonly stored: Registration | undefined;
  /** Whether a holder of the registration has shown lately that it runs. */
  readonly isAlive: boolean;
  /** Whether nobody has written the registration since this process last looked. */
  readonly isQuiet: boolean;
  /** In milliseconds since the epoch. */
  readonly now: number;
}

export function decideRegistration(own: Own, { stored, isAlive, isQuiet, now }: Situation): Decision {
  const content = own.content ?? (stored?.pattern === own.pattern ? stored.content : undefined);
  const mine = { name: own.name, pattern: own.pattern, held: true, revision: (stored?.revision ?? 0) + 1, ...(content && { content }) };
  if (!stored) return { kind: "register", next: { ...mine, registered: now, by: own.by } };
  if (stored.pattern === own.pattern) {
    const isNews = !stored.held || stored.content?.fingerprint !== content?.fingerprint;
    if (!isQuiet && !isNews) return { kind: "keep" };
    return { kind: "renew", next: { ...mine, registered: stored.registered, by: stored.held ? stored.by : own.by } };
  }
  if (stored.held && isAlive) return { kind: "yield" };
  return { kind: "register", next: { ...mine, registered: now, by: own.by } };
}
