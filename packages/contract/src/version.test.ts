import fc from "fast-check";
import { expect, test } from "vitest";
import { isCompatible, parseVersion } from "./version.ts";

const part = fc.integer({ min: 0, max: 999_999_999 });

test("what is printed is what was parsed", () => {
  fc.assert(
    fc.property(part, part, (major, minor) => {
      expect(parseVersion("version", `${major}.${minor}`)).toEqual({ major, minor });
    }),
  );
});

test("a server takes what is of its own major and no newer than itself, and nothing else", () => {
  fc.assert(
    fc.property(part, part, part, part, (serverMajor, serverMinor, major, minor) => {
      const compatible = isCompatible({ major: serverMajor, minor: serverMinor }, { major, minor });
      expect(compatible).toBe(serverMajor === major && minor <= serverMinor);
    }),
  );
  expect(isCompatible({ major: 1, minor: 2 }, { major: 1, minor: 2 })).toBe(true);
  expect(isCompatible({ major: 1, minor: 2 }, { major: 1, minor: 3 })).toBe(false);
  expect(isCompatible({ major: 2, minor: 0 }, { major: 1, minor: 0 })).toBe(false);
});
