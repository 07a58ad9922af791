import { afterAll, describe, test, vi } from "vitest";
import { whyNot } from "./kernels.ts";
import { ownCases } from "./own-cases.ts";
import { Reported } from "./reported.ts";

vi.setConfig({ testTimeout: 200_000, hookTimeout: 200_000 });

const lacking = await whyNot("flat");
if (lacking) console.log(`linux-net: ${Object.keys(ownCases).length} tests are skipped: ${lacking}`);
describe.skipIf(lacking)("linux-net on this machine's kernel", () => {
  const names = Object.keys(ownCases);
  const script = lacking ? undefined : new Reported("flat", "own-cases.fixture.ts", names);
  afterAll(() => script?.ended());
  for (const name of names) test.concurrent(name, () => script!.held(name));
});
