import "./styles.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { config as zodConfig } from "zod";

import { explainError } from "@commonwatt/sdk/errors";

import { App } from "./app.tsx";
import { loadDeployment } from "./chain/deployment.ts";
import { parseEnv } from "./env.ts";
import { StartFailed } from "./shell/start-failed.tsx";

// The content security policy forbids eval, which zod would otherwise probe for.
zodConfig({ jitless: true });

const element = document.getElementById("root");
if (element === null) throw new Error('The page has no element with the id "root".');
const root = createRoot(element);

try {
  const env = parseEnv(import.meta.env);
  const deployment = await loadDeployment(fetch.bind(window), AbortSignal.timeout(20_000));
  root.render(
    <StrictMode>
      <App deployment={deployment} demo={env.demo} />
    </StrictMode>,
  );
} catch (error) {
  root.render(<StartFailed reason={explainError(error)} />);
}
