/** What a process of the rack is started with. Its password comes in its environment. */
export interface Settings {
  /** Its name, and its user at the broker. */
  readonly host: string;
  readonly servers: string;
  /** The URL of the database, for those that have tables. */
  readonly database: string;
  /** Of disks and logs. */
  readonly directory: string;
}

export function settings(): Settings {
  return JSON.parse(process.argv[2] ?? "null");
}
