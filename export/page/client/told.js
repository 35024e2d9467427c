// What the model says of one setting, in the words that all views use.
import { el, format, withUnit } from './dom.js';
import { insideAll, limitEnds } from './numbers/predictive.js';

// {value, lower, upper, status, p: familiarity or null, inside: probability inside all limits or null}
export function askedOf(app, x) {
  const { value, lower, upper, status } = app.model.interval(x, app.level ?? undefined);
  const worth = app.about.worth, limited = app.limits.some(limitEnds);
  const p = app.about.familiar ? app.model.familiarity(x)?.p ?? null : null;
  const inside = worth && limited ? insideAll(worth, app.model.intervals(x, 1, worth.level), 1, app.limits)[0] : null;
  return { value, lower, upper, status, p, inside };
}

// 'strength 41.2 MPa (33.1 to 49.4), inside the limits with 93 %, familiar (p = 45 %)'
export function insideOf(app, x) {
  const found = askedOf(app, x), output = app.about.outputs[app.output], k = app.output;
  if (!Number.isFinite(found.value[k])) return `no value (${found.status})`;
  const interval = Number.isFinite(found.lower[k]) ? ` (${format(found.lower[k])} to ${format(found.upper[k])})` : '';
  const parts = [`${output.name} ${withUnit(found.value[k], output.unit)}${interval}`];
  if (found.inside !== null) parts.push(`inside the limits with ${percentText(found.inside)}`);
  if (found.p !== null) parts.push(familiarText(app, found.p));
  return parts.join(', ');
}

// A wide table in a box of its own that scrolls, by keys too.
export function scrolled(label, ...children) {
  return el('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': label }, ...children);
}

// '93.4 %'; shares near 1 keep what is missing.
export function percentText(share) {
  if (!Number.isFinite(share)) return '-';
  const away = Math.min(share, 1 - share), digits = away > 0.001 || away === 0 ? 1 : 3;
  return `${(100 * share).toFixed(digits)} %`;
}

// '325900': parts per million in four digits, never as a power of ten.
export function ppmText(ppm) {
  return ppm >= 1 ? String(Number(ppm.toPrecision(4))) : format(ppm, 3);
}

// 'covered by data: familiarity 45 %' or 'unfamiliar'.
export function familiarText(app, p) {
  if (!Number.isFinite(p)) return 'familiarity unknown';
  const least = app.about.worth?.familiar ?? app.model.leastP ?? 0.01;
  return p > least ? `covered by data (familiarity ${percentText(p)})` : `not covered by data (familiarity ${percentText(p)})`;
}
