// Settings that reach targets or stay inside limits: the nearest one, those of one input alone, and
// ones that differ. Locked inputs keep their value.
import { crossings } from './crossings.js';
import { farApart, nearestGood, spreadRows, apartSquared } from './settings.js';
import { insideAll, limitEnds } from './predictive.js';

const STRIDES = [1, 37, 151]; // between the rows of a pair
const SEARCHED = 8192, SCANNED = 400, USUAL_ENOUGH = 0.2, TARGET_OFF = 1e-6;

// {groups [{name, about, settings [x]}], why}; `wanted` [{k, ends: [lower, upper] or null, target}].
export function searchSettings(app, wanted, count) {
  const asked = wanted.filter((w) => w.ends || w.target !== null), x = Float64Array.from(app.setting);
  const free = app.about.inputs.map((_, i) => i).filter((i) => !app.locked.has(i) && !app.about.inputs[i].computed);
  const room = { inputs: app.about.inputs, ends: app.about.inputs.map((i) => [i.lower, i.upper]), x, free };
  const test = testOf(app, asked);
  const pool = poolOf(app, asked, room, test);
  const tried = pool.count || test.good(x, 1)[0]
    ? nearestGood(room.inputs, room.ends, x, free, pool.rows, pool.count, test.good, ontoTarget(app, test, room)) : null;
  const near = nearer(app, test, room, tried);
  const single = alone(app, asked, room);
  const different = farApart(room.inputs, pool.rows, pool.order, count).map((i) => rowAt(pool.rows, i, x.length));
  return {
    groups: [
      { name: 'Nearest to the present setting', about: test.about, settings: near ? [near] : [] },
      { name: 'Different ways', about: 'The surest ones that differ most from each other; distances are in shares of the range of each input.', settings: different },
      { name: 'One input alone', about: 'All values of one input that give the target (or a limit), the others as they are now.', settings: single },
    ],
    why: whyOf(test, pool, near, single),
  };
}

// The nearer one of `tried` and of what the steps along gradients of the library give for one target.
function nearer(app, test, room, tried) {
  if (test.targets.length !== 1 || test.limited.length || !app.model.nearestSetting) return tried;
  const { k, target } = test.targets[0], free = room.free.filter((i) => !room.inputs[i].levels);
  const found = free.length ? app.model.nearestSetting(room.x, k, target, { free, within: room.ends })?.x : null;
  if (!found || !test.good(Float64Array.from(found), 1)[0]) return tried;
  const far = (x) => apartSquared(room.inputs, x, 0, room.x, 0);
  return !tried || far(found) < far(tried) ? Float64Array.from(found) : tried;
}

// Points moved onto the first target, where there is one.
function ontoTarget(app, test, room) {
  const target = test.targets[0];
  return target ? (rows) => crossings(app.model, room.inputs, rows, target.k, target.target) : undefined;
}

const rowAt = (rows, i, d) => Float64Array.from(rows.subarray(i * d, (i + 1) * d));

// What makes a setting good: `good(rows, n)`, whether rows are; `off(rows, n)`, by how much they miss;
// `sure(rows, n)`, the better the larger; `about` in words.
function testOf(app, asked) {
  const outputs = app.about.outputs.length, worth = app.about.worth;
  const sizes = app.about.outputs.map((o) => (o.range ? o.range[1] - o.range[0] : 1) || 1);
  const limits = app.limits.map((l, k) => (asked.some((w) => w.k === k && w.ends) ? l : null));
  const targets = asked.filter((w) => w.target !== null), limited = asked.filter((w) => w.ends);
  const miss = (y, i) => {
    let worst = 0;
    for (const { k, target } of targets) worst = Math.max(worst, Math.abs(y[i * outputs + k] - target) / sizes[k]);
    for (const { k, ends } of limited) {
      const v = y[i * outputs + k];
      worst = Math.max(worst, (ends[0] - v) / sizes[k], (v - ends[1]) / sizes[k]);
    }
    return Number.isNaN(worst) || !Number.isFinite(y[i * outputs]) ? Infinity : Math.max(worst, 0);
  };
  const offs = (rows, n) => {
    const y = app.model.values(rows, n);
    return Float64Array.from({ length: n }, (_, i) => miss(y, i));
  };
  const sure = (rows, n) => {
    const familiar = app.about.familiar ? app.model.familiarities(rows, n) : null;
    const inside = worth && limited.length ? insideAll(worth, app.model.intervals(rows, n, worth.level), n, limits) : null;
    const least = worth?.familiar ?? app.model.leastP ?? 0.01;
    return Float64Array.from({ length: n }, (_, i) => (inside ? inside[i] : 0)
      + (familiar ? 0.2 * Math.min(familiar[i] / USUAL_ENOUGH, 1) - (familiar[i] > least ? 0 : 2) : 0));
  };
  return { offs, sure, targets, limited, good: goodOf(app, asked, offs, targets, limited), about: aboutOf(targets, limited) };
}

// With limits alone the interval must lie inside too, as for the advice of the command line; near
// targets the value must be.
function goodOf(app, asked, offs, targets, limited) {
  const outputs = app.about.outputs.length, least = app.about.worth?.familiar ?? 0;
  return (rows, n) => {
    const off = offs(rows, n), level = app.level ?? undefined;
    const told = limited.length ? app.model.intervals(rows, n, level) : null;
    const familiar = app.about.familiar ? app.model.familiarities(rows, n) : null;
    return Array.from(off, (v, i) => v <= (targets.length ? TARGET_OFF : 0)
      && !(familiar && familiar[i] <= least)
      && (!told || targets.length > 0 || limited.every(({ k, ends }) => !(told.lower[i * outputs + k] < ends[0] || told.upper[i * outputs + k] > ends[1]))));
  };
}

function aboutOf(targets, limited) {
  const words = [];
  if (targets.length) words.push('the predicted value is the target');
  if (limited.length) words.push(targets.length ? 'and inside the limits' : 'the predicted value and its interval are inside the limits');
  return `The smallest change with which ${words.join(' ')}, among settings that the data cover.`;
}

// Good rows that fill the room, the surest first: of a target those of the model's level set.
function poolOf(app, asked, room, test) {
  const d = room.x.length, target = test.targets[0];
  let rows = joined(spreadRows(room.inputs, room.ends, room.x, room.free, SEARCHED), measuredPairs(app, room));
  if (target) rows = crossings(app.model, room.inputs, rows, target.k, target.target);
  const n = rows.length / d, off = n ? test.offs(rows, n) : [];
  const kept = Array.from(off, (v, i) => [v, i]).filter(([v]) => v <= (target ? TARGET_OFF : 0)).map(([, i]) => i);
  const table = new Float64Array(kept.length * d);
  kept.forEach((i, to) => table.set(rows.subarray(i * d, (i + 1) * d), to * d));
  const sure = kept.length ? test.sure(table, kept.length) : [];
  const order = kept.map((_, i) => i).sort((i, j) => sure[j] - sure[i]);
  return { rows: table, count: kept.length, order: surest(order, sure) };
}

// Measured rows in pairs, locked inputs as they are set: what lies between two of them is more often
// covered by data than points anywhere.
function measuredPairs(app, room) {
  const columns = app.about.rows?.inputs, d = room.x.length, n = columns?.[0].length ?? 0;
  const rows = new Float64Array(2 * STRIDES.length * n * d);
  STRIDES.forEach((stride, s) => {
    for (let i = 0; i < n; i++) {
      for (const side of [0, 1]) {
        const at = (2 * (s * n + i) + side) * d, from = side ? (i + stride) % n : i;
        rows.set(room.x, at);
        for (const input of room.free) {
          const v = columns[input][from];
          rows[at + input] = Number.isFinite(v) ? v : room.x[input];
        }
      }
    }
  });
  return rows;
}

function joined(a, b) {
  const found = new Float64Array(a.length + b.length);
  found.set(a);
  found.set(b, a.length);
  return found;
}

// Those nearly as sure as the best, and a tenth of all at least.
function surest(order, sure) {
  if (!order.length) return [];
  const best = sure[order[0]];
  const near = order.filter((i) => sure[i] >= best - 0.05);
  return near.length >= 8 ? near.slice(0, Math.max(64, near.length / 8)) : order.slice(0, Math.max(8, Math.ceil(order.length / 10)));
}

// Every value of each free input that gives the target, or else the limit that is nearest.
function alone(app, asked, room) {
  const found = [];
  for (const { k, ends, target } of asked.slice(0, 1)) {
    const now = app.model.value(room.x)[k];
    const goal = target ?? (now < ends[0] ? ends[0] : now > ends[1] ? ends[1] : null);
    if (goal === null) continue;
    for (const i of room.free) {
      if (room.inputs[i].levels) continue;
      for (const v of rootsOf(app.model, room, i, k, goal)) {
        const x = Float64Array.from(room.x);
        x[i] = v;
        found.push(x);
      }
    }
  }
  return found.sort((a, b) => apartSquared(room.inputs, a, 0, room.x, 0) - apartSquared(room.inputs, b, 0, room.x, 0)).slice(0, 12);
}

// Values of input i that give the goal; `nearest` of a target that is not reached is none.
function rootsOf(model, room, i, k, goal) {
  if (model.roots) return [...model.roots(room.x, i, k, goal)];
  const rows = new Float64Array(2 * SCANNED * room.x.length), [low, high] = room.ends[i];
  for (let n = 0; n < 2 * SCANNED; n++) {
    rows.set(room.x, n * room.x.length);
    rows[n * room.x.length + i] = low + ((high - low) * ((n + 1) >> 1)) / SCANNED;
  }
  const found = crossings(model, room.inputs, rows, k, goal);
  return Array.from({ length: found.length / room.x.length }, (_, n) => found[n * room.x.length + i]);
}

function whyOf(test, pool, near, single) {
  if (!pool.count && !near && !single.length) {
    return test.limited.length ? 'None of 8,192 settings has its predicted values inside: widen the limits or unlock inputs.'
      : 'No setting in the domain gives this target: choose another one or unlock inputs.';
  }
  if (!near) return test.limited.length && !test.targets.length
    ? 'None that the data cover keeps its whole interval inside: those below have their value inside.' : 'None of them is covered by data.';
  return '';
}
