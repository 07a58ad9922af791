/** What somebody else might send where a value of any kind is expected. */
const strange: readonly unknown[] = [
  ...[null, true, -1, 0, 1.5, 2 ** 53, 1e308, "", "a.b", "*", "__proto__", "x".repeat(2_000)],
  ...[
    [],
    {},
    [[]],
    [null],
    { length: 1 },
    { toString: 1, valueOf: null, toJSON: 1 },
    JSON.parse('{"__proto__":{"a":1}}'),
  ],
];

/** Copies of a JSON value in each of which one place, at any depth, holds something strange, is absent, or is joined by an unknown field. */
export function* misshapen(value: unknown): Generator<unknown> {
  for (const other of strange) yield other;
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    yield [...value, ...value];
    for (const [at, item] of value.entries()) for (const other of misshapen(item)) yield value.with(at, other);
    return;
  }
  yield { ...value, unknown: { deep: [1] } };
  for (const [key, field] of Object.entries(value)) {
    const { [key]: _, ...rest } = value as Record<string, unknown>;
    yield rest;
    for (const other of misshapen(field)) yield { ...rest, [key]: other };
  }
}
