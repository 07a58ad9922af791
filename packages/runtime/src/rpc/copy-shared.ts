/**
 * Returns `parsed` with copies in place of every plain object, array, date and byte array that the schema passed through
 * from `raw` unchanged, so that neither side of a local call ever sees what the other does to its own objects: as if the
 * value had crossed a wire. Most schemas make new objects, which cost no more here than a look at their members.
 * What a schema moved to another place is not found; instances of other classes are handed over as they are.
 */
export function copyShared(parsed: unknown, raw: unknown): unknown {
  if (typeof parsed !== "object" || parsed === null) return parsed;
  if (parsed === raw) return copyOf(parsed, new Map());
  if (typeof raw !== "object" || raw === null) return parsed;
  if (Array.isArray(parsed)) return separateElements(parsed, raw);
  return ArrayBuffer.isView(parsed) ? parsed : separateMembers(parsed as Members, raw as Members);
}

/** @param flat the schema says that there are only scalars in what it makes: nothing to look for unless it made nothing */
export function ownCopy(parsed: unknown, raw: unknown, flat: boolean): unknown {
  return flat && parsed !== raw ? parsed : copyShared(parsed, raw);
}

type Members = Record<string, unknown>;

function separateMembers(members: Members, raw: Members): Members {
  let own = members;
  for (const key in members) {
    const value = members[key];
    if (typeof value !== "object" || value === null) continue;
    const separate = copyShared(value, raw[key]);
    if (separate === value) continue;
    // A schema may have frozen what it made.
    if (own === members && Object.isFrozen(members)) own = { ...members };
    own[key] = separate;
  }
  return own;
}

function separateElements(elements: readonly unknown[], raw: object): readonly unknown[] {
  let own = elements as unknown[];
  for (let index = 0; index < elements.length; index++) {
    const value = elements[index];
    if (typeof value !== "object" || value === null) continue;
    const separate = copyShared(value, (raw as unknown[])[index]);
    if (separate === value) continue;
    if (own === elements && Object.isFrozen(elements)) own = [...elements];
    own[index] = separate;
  }
  return own;
}

/** @param copies what was copied already: shared and circular references stay what they are */
function copyOf(value: object, copies: Map<object, unknown>): unknown {
  const earlier = copies.get(value);
  if (earlier) return earlier;
  if (value instanceof Date) return new Date(value.getTime());
  // Not `value.slice()`: a Buffer's is a view of the same bytes.
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value);
  if (!Array.isArray(value) && !isPlain(value)) return value;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Members;
  copies.set(value, copy);
  for (const key in copy) {
    const inner = copy[key];
    if (typeof inner === "object" && inner !== null) copy[key] = copyOf(inner, copies);
  }
  return copy;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
