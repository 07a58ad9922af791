/** What the supervisor's process is told: where its switches, its broker and its store are. */
export interface Settings {
  /** Of the broker. */
  readonly servers: string;
  /** Of the store. */
  readonly directory: string;
  readonly switches: readonly SwitchSettings[];
}

export interface SwitchSettings {
  /** Of its manager. */
  readonly backend: string;
  readonly url: string;
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}
