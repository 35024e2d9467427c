// A verdict has a shape, a word and a colour, so that none of them has to be seen alone.
import { svg } from './dom.js';

export const KINDS = {
  ACCEPT: ['accept', 'ACCEPT'],
  REJECT: ['reject', 'REJECT'],
  'NO VERDICT': ['none', 'NO VERDICT'],
};

export function kindOf(verdict) {
  return KINDS[verdict]?.[0] ?? 'silent';
}

const OCTAGON = '30,4 70,4 96,30 96,70 70,96 30,96 4,70 4,30';
const MARKS = {
  accept: () => [svg('circle', { cx: 50, cy: 50, r: 46 }), svg('path', { d: 'M27 52 L44 69 L75 34' })],
  reject: () => [svg('polygon', { points: OCTAGON }), svg('path', { d: 'M32 32 L68 68 M68 32 L32 68' })],
  none: () => [svg('polygon', { points: '50,3 97,50 50,97 3,50' }),
    svg('path', { d: 'M39 40 Q39 28 50 28 Q62 28 62 39 Q62 47 50 52 L50 58 M50 69 L50 71' })],
  silent: () => [svg('rect', { x: 6, y: 6, width: 88, height: 88 }), svg('path', { d: 'M30 50 L70 50' })],
};

export function shape(kind, more = {}) {
  return svg('svg', { viewBox: '0 0 100 100', class: `shape ${kind}`, 'aria-hidden': 'true', ...more }, ...MARKS[kind]());
}
