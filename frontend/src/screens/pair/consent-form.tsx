import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useConfig } from "wagmi";

import {
  CONSENT_TEXT,
  consentTypedData,
  type PairingInvitation,
  serializeConsent,
  type SignedConsent,
} from "@commonwatt/sdk/consent";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { explainError } from "@commonwatt/sdk/errors";

import type { Me } from "../../chain/data.tsx";
import { useDeployment } from "../../chain/deployment.ts";
import { postConsent } from "../../chain/pairing.ts";
import { walletOn } from "../../chain/transactions.ts";
import { isRefusal } from "../../flow/flow.ts";
import { Button } from "../../ui/button.tsx";
import { Card, Note } from "../../ui/surfaces.tsx";

const TIMEOUT_MS = 30_000;

/** The sentence, the tick, the signature; and the signed consent for copying where the oracle cannot be reached. */
export function ConsentForm({
  me,
  invitation,
  base,
  reachable,
}: {
  me: Me;
  invitation: PairingInvitation;
  base: string;
  reachable: boolean;
}): ReactNode {
  const config = useConfig();
  const deployment = useDeployment();
  const [agreed, setAgreed] = useState(false);
  // What was signed stays: should handing it over fail, it is not to be signed again.
  const [signed, setSigned] = useState<SignedConsent>();
  const give = useMutation({
    mutationFn: async () => {
      const made = signed ?? (await sign());
      setSigned(made);
      if (!reachable) return;
      await postConsent(base, invitation.token, made, fetch.bind(window), AbortSignal.timeout(TIMEOUT_MS));
    },
  });

  async function sign(): Promise<SignedConsent> {
    const wallet = await walletOn(config);
    const { meter, meteringPoint, device, importRegister, exportRegister } = invitation;
    const time = BigInt(Math.floor(Date.now() / 1000));
    const owner = wallet.account.address;
    const consent = { owner, meter, meteringPoint, device, importRegister, exportRegister, time };
    const signature = await wallet.signTypedData(consentTypedData(neighbourhoodDomain(deployment), consent));
    return { consent, signature };
  }

  const isDone = give.isSuccess && reachable;
  return (
    <Card title="Your consent" id="pair-consent">
      <div className="grid gap-4">
        <p className="max-w-prose">{CONSENT_TEXT}</p>
        {isDone ? (
          <Note tone="good" live>
            Thank you. The operator has your consent and registers the meter now, for {me.name}.
          </Note>
        ) : (
          <>
            <label className="flex items-start gap-3">
              <input
                type="checkbox"
                className="mt-1 size-4"
                checked={agreed}
                disabled={signed !== undefined}
                onChange={(event) => {
                  setAgreed(event.target.checked);
                }}
              />
              <span>I have read this, the meter is mine, and it shows what stands above.</span>
            </label>
            <div>
              <Button
                look="primary"
                disabled={!agreed || give.isPending}
                onClick={() => {
                  give.mutate();
                }}
              >
                {signed === undefined ? "Sign with my wallet" : "Send it again"}
              </Button>
            </div>
          </>
        )}
        {give.isError && (
          <Note tone={isRefusal(give.error) ? "calm" : "bad"} live>
            {isRefusal(give.error) ? "You declined in your wallet. Nothing was signed." : explainError(give.error)}
          </Note>
        )}
        {signed !== undefined && !isDone && !give.isPending && <Copy signed={signed} />}
      </div>
    </Card>
  );
}

/** For an operator whose oracle this phone cannot reach. */
function Copy({ signed }: { signed: SignedConsent }) {
  return (
    <label className="grid gap-1.5 text-sm">
      <span>The operator cannot be reached from here. Copy all of this and send it to them:</span>
      <textarea
        readOnly
        rows={6}
        className="rounded-[10px] border border-edge bg-surface p-3 font-mono text-xs"
        value={JSON.stringify(serializeConsent(signed))}
        onFocus={(event) => {
          event.target.select();
        }}
      />
    </label>
  );
}
