/** What a process of the rack is started with. Its password comes in its environment. */
export interface Settings {
  /** Its name, and its user at the broker. */
  readonly host: string;
  readonly servers: string;
  /** The URL of the database. A caller that hosts nothing needs none. */
  readonly database: string;
  /** Of disks and logs. */
  readonly directory: string;
  /** Shows a page of all hosts. */
  readonly inspected: boolean;
}

export function settings(): Settings {
  return JSON.parse(process.argv[2] ?? "null");
}
