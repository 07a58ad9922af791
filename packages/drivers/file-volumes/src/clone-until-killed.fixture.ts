import { writeSync } from "node:fs";
import { TestSession } from "./session.fixture.ts";

// Usage: clone-until-killed.fixture.ts <root> <prefix>. Clones volume `a` again and again, and tells how far it is.
const [root = "", prefix = ""] = process.argv.slice(2);
const session = await TestSession.open({ root });
const { sizeGiB } = (await session.list()).volumes.find(({ id }) => id === "a")!;
for (let round = 0; ; round++) {
  const progress = ({ doneBytes }: { doneBytes: number }) => void writeSync(1, `${round} ${doneBytes}\n`);
  const from = { kind: "volume", id: "a" } as const;
  await session.clone({ id: `${prefix}-${round}`, sizeGiB, from, independent: true }, { progress });
}
