import { basename } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { imageName, parseName, partialName } from "./image-name.ts";

const id = fc.stringMatching(/^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/);
const image = fc.oneof(
  fc.record({ kind: fc.constant("volume" as const), id }),
  fc.record({ kind: fc.constant("snapshot" as const), id, volumeId: id }),
);

test("names and images correspond one to one, finished or partial", () => {
  fc.assert(
    fc.property(image, (one) => {
      expect(parseName(imageName(one))).toEqual({ image: one, partial: false });
      expect(parseName(partialName(one))).toEqual({ image: one, partial: true });
      expect(partialName(one)).not.toBe(partialName(one));
    }),
  );
});

test("whatever an id holds, a name is one path component of bounded length, or the id is refused", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string(), (first, second) => {
      for (const one of [
        { kind: "volume", id: first },
        { kind: "snapshot", id: first, volumeId: second },
        { kind: "snapshot", id: second, volumeId: first },
      ] as const) {
        try {
          const name = partialName(one);
          expect(basename(name)).toBe(name);
          expect(name).not.toMatch(/[/\\\0]|\.\./);
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

test("no file is taken for an image that is not named exactly so", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."a.-_/vol:0") }),
      fc.constantFrom(".volume", ".snapshot", ".x"),
      (stem, end) => {
        const named = parseName(stem + end);
        if (named) expect(imageName(named.image)).toBe(stem + end);
      },
    ),
    { numRuns: 2_000 },
  );
});
