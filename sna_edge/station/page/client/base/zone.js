// Times of day in the zone of the station or in UTC: a choice of the person, kept by the browser. Which
// one it is stands on the page, wherever the browser itself may be.
import { kept } from './kept.js';

const KEY = 'sna-zone';
let chosen = kept(KEY) ?? 'station', zone = 'UTC', east = 0, format = null;

// The station's zone by its name ('' for one that has none), and its minutes east of UTC now.
export function stationIs(name, minutes) {
  if (name === zone && minutes === east) return;
  [zone, east, format] = [name, minutes, null];
}

export function inUtc() {
  return chosen === 'UTC';
}

export function turnZone() {
  chosen = kept(KEY, inUtc() ? 'station' : 'UTC');
  format = null;
}

// 'Europe/Vienna', 'UTC', 'UTC+5:30'.
export function zoneName() {
  if (inUtc() || (zone === '' && east === 0)) return 'UTC';
  if (zone) return zone;
  const size = Math.abs(east), rest = size % 60;
  return `UTC${east < 0 ? '−' : '+'}${Math.floor(size / 60)}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`;
}

// What the server calls it.
export function zoneAsked() {
  return inUtc() ? 'UTC' : 'local';
}

// [year, month, day, hour, minute, second] of a time in ms.
export function zoned(ms) {
  if (!inUtc() && zone && zone !== 'UTC') {
    try {
      format ??= new Intl.DateTimeFormat('en-u-nu-latn', {
        timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
      });
      const found = Object.fromEntries(format.formatToParts(ms).map((part) => [part.type, Number(part.value)]));
      return [found.year, found.month, found.day, found.hour, found.minute, found.second];
    } catch {
      zone = ''; // a zone that this browser does not know: its minutes serve
    }
  }
  const at = new Date(ms + (inUtc() ? 0 : east * 60000));
  return [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()];
}

// When a day 'YYYY-MM-DD' begins there, in ms; NaN for what is no day.
export function dayBegins(text) {
  const wanted = Date.parse(`${text}T00:00Z`);
  let ms = wanted;
  for (let k = 0; k < 3; k++) {
    const [year, month, day, hour, minute, second] = zoned(ms);
    ms += wanted - Date.UTC(year, month - 1, day, hour, minute, second);
  }
  const [year, month, date, hour, minute, second] = zoned(ms);
  return ms + Math.max(0, wanted - Date.UTC(year, month - 1, date, hour, minute, second)); // its midnight is left out
}
