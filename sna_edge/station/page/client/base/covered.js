// Whether intervals hold what they promise, as the last measured parts say.
import { number, percent } from './numbers.js';

// {kind: 'none' | 'accept', short, words} of an output; null where nothing was measured. `told`: share
// and its 95 % bounds; `level`: what the model promises.
export function coverage(told, level) {
  const promised = told?.level ?? level;
  if (!told?.parts || !promised) return null;
  const low = told.upper < promised, wide = told.lower > promised;
  const found = `${percent(told.share)} of the last ${told.parts} measured parts lie within their ${percent(promised, 2)} interval`;
  if (low) return { kind: 'none', short: `too narrow: ${percent(told.share)}, not ${percent(promised, 2)}`, words: `${found}: too few; the intervals promise more than they hold.` };
  if (wide) return { kind: 'accept', short: `hold, wider than need be: ${percent(told.share)}`, words: `${found}: more than promised; the intervals are wider than need be.` };
  return { kind: 'accept', short: `hold: ${percent(told.share)} of ${number(told.parts, 4)}`, words: `${found}: as promised.` };
}

// The output whose intervals hold least, of all that were measured: [name, coverage]; null for none.
export function worstCovered(line, levels) {
  const found = Object.entries(line?.outputs ?? {})
    .map(([name, one]) => [name, coverage(one.covered, levels[name]), (one.covered?.share ?? 1) - (one.covered?.level ?? levels[name] ?? 0)])
    .filter(([, one]) => one);
  found.sort((a, b) => (a[1].kind === 'none' ? 0 : 1) - (b[1].kind === 'none' ? 0 : 1) || a[2] - b[2]);
  return found.length ? found[0].slice(0, 2) : null;
}
