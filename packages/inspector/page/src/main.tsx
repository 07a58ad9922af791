import "./styles/styles.css";
import { render } from "preact";
import { App } from "./shell/app.tsx";
import { link } from "./state/page.ts";
import "./state/theme.ts";

render(<App />, document.querySelector("#app")!);
link.connect();
