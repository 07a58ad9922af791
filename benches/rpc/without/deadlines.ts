/** Forgets what it is given: nothing ever expires. */
export class DeadlineWheel {
  readonly size = 0;
  add(): void {}
  soon(): void {}
  remove(): void {}
  close(): void {}
}
