// Numbers and times as people here write them. The mark is a choice of the person, kept by the browser.
import { kept } from './kept.js';
import { zoned } from './zone.js';

const KEY = 'sna-decimal';
const local = new Intl.NumberFormat().format(1.5).includes(',') ? ',' : '.';
let mark = kept(KEY) ?? local;

export function decimalMark() {
  return mark;
}

export function setMark(next) {
  mark = kept(KEY, next);
}

// A number in so many digits: '41.23', '1.2e-7'; '-' where there is none.
export function number(value, digits = 4) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
  const far = size < -4 || size >= Math.max(digits, 7);
  const text = far ? value.toExponential(digits - 1) : value.toFixed(Math.max(0, digits - 1 - size));
  const bare = text.includes('.') ? text.replace(/\.?0+(?=$|e)/, '') : text;
  return bare.replace('.', mark).replace('-', '−');
}

// Numbers of one scale with the same places: enough to tell `step` apart.
export function along(value, step) {
  let places = Math.min(12, Math.max(0, -Math.floor(Math.log10(Math.abs(step) || 1) + 1e-9)));
  const scaled = Math.abs(step) * 10 ** places;
  if (Math.abs(scaled - 2.5) < 1e-9) places++; // steps of 2.5 have a place more than those of 2
  if (places > 8 || Math.abs(value) >= 1e7) return number(value, 4);
  return value.toFixed(places).replace('.', mark).replace('-', '−');
}

export function withUnit(value, unit, digits = 4) {
  return unit ? `${number(value, digits)} ${unit}` : number(value, digits);
}

export function percent(share, digits = 3) {
  return `${number(100 * share, digits)} %`;
}

const TWO = (n) => String(n).padStart(2, '0');

export function clock(ms) {
  return zoned(ms).slice(3).map(TWO).join(':');
}

export function day(ms) {
  return zoned(ms).slice(0, 3).map(TWO).join('-');
}

// A time of today as a clock, another with its day.
export function when(ms) {
  return day(ms) === day(Date.now()) ? clock(ms) : `${day(ms)} ${clock(ms)}`;
}

// '3 min' of milliseconds.
export function lasting(ms) {
  const s = Math.max(0, ms / 1000);
  if (s < 60) return `${Math.round(s)} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  if (s < 172800) return `${number(s / 3600, 2)} h`;
  return `${Math.round(s / 86400)} d`;
}

// Bytes as people say them.
export function bytes(n) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let k = 0;
  for (; n >= 1000 && k < units.length - 1; k++) n /= 1000;
  return `${number(n, 3)} ${units[k]}`;
}
