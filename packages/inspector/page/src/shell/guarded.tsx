import { Component, type ComponentChildren, type JSX } from "preact";

interface Props {
  /** What could not be shown, for whoever reads it instead. */
  readonly what: string;
  readonly children: ComponentChildren;
}

/** What cannot be drawn of one host or manager costs its own place on the page, never the page. */
export class Guarded extends Component<Props, { readonly problem?: string }> {
  override state: { readonly problem?: string } = {};

  override componentDidCatch(error: unknown): void {
    this.setState({ problem: error instanceof Error ? error.message : String(error) });
  }

  override render(): JSX.Element {
    const { what, children } = this.props;
    const { problem } = this.state;
    if (problem === undefined) return <>{children}</>;
    return (
      <p class="empty" role="alert">
        {what} cannot be shown: {problem}
      </p>
    );
  }
}
