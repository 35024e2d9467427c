// Nanoseconds of queries in JavaScript, for wasm_bench.py: measured(open, model, wasm, rows) -> numbers, the least of
// many rounds. The clock of a browser has steps of 0.1 ms, so a round takes some milliseconds.
export async function measured(open, file, wasm, rows) {
  const load = await least(1, async () => { await open(file, wasm.slice()); }, 20);
  const model = await open(file, wasm);
  const x = rows.map((row) => Float64Array.from(row));
  const flat = model.rows(x.length);
  x.forEach((row, i) => flat.set(row, i * row.length));
  const turns = 20 * x.length;
  let sum = 0;
  const each = (query) => () => { for (let i = 0; i < 20; i++) for (const row of x) sum += query(row); };
  const found = {
    value: await least(turns, each((row) => model.value(row)[0])),
    gradient: await least(turns, each((row) => model.gradient(row).gradient[0])),
    interval: await least(turns, each((row) => model.interval(row).lower[0])),
    batch: await least(turns, () => { for (let i = 0; i < 20; i++) sum += model.values(flat, x.length)[0]; }),
    load,
  };
  return { ...found, sum: Number.isFinite(sum) };
}

/** Nanoseconds of one of `count` in `work`: the least of many rounds. */
export async function least(count, work, rounds = 60) {
  let best = Infinity;
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return (1e6 * best) / count;
}

if (typeof process === 'object' && process.argv[1]?.endsWith('wasm_bench.mjs')) {
  const { readFileSync } = await import('node:fs');
  const [face, wasm, model, rows] = process.argv.slice(2);
  const { open } = await import(face);
  const bytes = (name) => new Uint8Array(readFileSync(name));
  console.log(JSON.stringify(await measured(open, bytes(model), bytes(wasm), JSON.parse(readFileSync(rows)))));
}
