// The view that is looked at all day: one verdict, values against limits, charts, causes and advice.
import { el } from './base/dom.js';
import { state } from './base/state.js';
import { verdictCard } from './cards/verdict.js';
import { barsCard } from './cards/bars.js';
import { chartCard } from './cards/runs.js';
import { causesCard } from './cards/causes.js';
import { overview } from './cards/overview.js';

export function liveView(root) {
  const over = el('div', { id: 'overview' }), left = el('div', { class: 'column' }), right = el('div', { class: 'column' });
  root.append(over, el('div', { class: 'live' }, left, right));
  const paints = [overview(over), verdictCard(left), barsCard(left), chartCard(right), causesCard(right)];
  return () => {
    root.classList.toggle('waiting', state.heard === 0);
    for (const paint of paints) paint();
  };
}
