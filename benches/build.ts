import { spawnSync } from "node:child_process";
import { join } from "node:path";

/**
 * Builds the packages that users deploy: what a bench starts without the sources' condition runs those.
 *
 * @throws Error when they do not build
 */
export function build(): void {
  const { status } = spawnSync(
    "turbo",
    [
      "run",
      "build",
      "--skip-infer",
      "--filter=./packages/runtime",
      "--filter=./packages/nats",
      "--output-logs=errors-only",
    ],
    {
      cwd: join(import.meta.dirname, ".."),
      stdio: ["ignore", 2, 2],
    },
  );
  if (status !== 0) throw new Error("the packages do not build");
}
