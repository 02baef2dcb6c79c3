/** Names close to one that is not known, best first: what was probably meant. */
import { distance } from "fastest-levenshtein";

export function nearNames(name: string, known: Iterable<string>, most = 3): readonly string[] {
  const wanted = name.slice(0, 100).toLowerCase();
  const furthest = Math.min(wanted.length - 1, Math.max(2, Math.floor(wanted.length / 3)));
  const scored: { candidate: string; score: number }[] = [];
  for (const candidate of new Set(known)) {
    const lower = candidate.toLowerCase();
    const score = lower === wanted ? 0 : distance(wanted, lower);
    const partial = wanted.length >= 3 && (lower.startsWith(wanted) || lower.endsWith(wanted));
    if (score <= Math.min(furthest, Math.max(1, candidate.length - 1)) || partial)
      scored.push({ candidate, score: partial ? Math.min(score, 1.5) : score });
  }
  return scored
    .sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, most)
    .map(({ candidate }) => candidate);
}
