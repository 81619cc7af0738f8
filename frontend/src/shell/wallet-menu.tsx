import { Menu } from "@base-ui/react/menu";
import { useState } from "react";
import { type Connector, useConnect, useConnection, useConnectors, useDisconnect } from "wagmi";

import { explainError } from "@commonwatt/sdk/errors";

import { isDemoConnector } from "../chain/demo-connector.ts";
import { useMe } from "../chain/data.tsx";
import { isRefusal } from "../flow/flow.ts";
import { buttonClass } from "../ui/button.tsx";
import { CheckIcon, ChevronIcon } from "../ui/icons.tsx";

const ITEM =
  "flex min-h-10 w-full cursor-default items-center gap-3 rounded-lg px-3 text-left text-sm outline-none data-highlighted:bg-sunken";

/** Says who is using the dApp and lets them become someone else: a demo home, or a wallet of the browser. */
export function WalletMenu() {
  const me = useMe();
  const { connector: current } = useConnection();
  const connectors = useConnectors();
  const connect = useConnect();
  const disconnect = useDisconnect();
  const [message, setMessage] = useState<string>();

  const demo = connectors.filter((connector) => isDemoConnector(connector.id));
  const browser = connectors.filter((connector) => !isDemoConnector(connector.id));

  const choose = (connector: Connector): void => {
    setMessage(undefined);
    const previous = current;
    if (connector.uid === previous?.uid) return;
    connect.mutate(
      { connector },
      {
        onSuccess: () => {
          if (previous !== undefined) disconnect.mutate({ connector: previous });
        },
        onError: (error) => {
          setMessage(
            isRefusal(error)
              ? `You declined in ${connector.name}. Nothing was changed.`
              : `${connector.name} could not be used: ${explainError(error)}`,
          );
        },
      },
    );
  };

  return (
    <div className="relative">
      <Menu.Root>
        <Menu.Trigger
          className={`${buttonClass(me === undefined ? "primary" : "quiet")} max-w-[13.5rem] min-w-40 sm:max-w-64`}
        >
          {me === undefined ? (
            "Choose a wallet"
          ) : (
            <>
              <span className="sr-only">You are</span>
              <span className="truncate">{me.name}</span>
              <ChevronIcon />
            </>
          )}
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner align="end" sideOffset={8} className="z-40 outline-none">
            <Menu.Popup className="max-h-[min(32rem,75dvh)] w-72 overflow-y-auto rounded-xl border border-line bg-surface p-1.5 shadow-lg outline-none">
              {demo.length > 0 && <Wallets title="Demo homes" connectors={demo} current={current} onChoose={choose} />}
              {browser.length > 0 && (
                <Wallets title="Wallets in this browser" connectors={browser} current={current} onChoose={choose} />
              )}
              {connectors.length === 0 && (
                <p className="px-3 py-2 text-sm text-muted">
                  No wallet was found in this browser. Everything can be read without one; selling and buying need a
                  wallet extension.
                </p>
              )}
              {current !== undefined && (
                <>
                  <Menu.Separator className="my-1.5 h-px bg-line" />
                  <Menu.Item
                    className={ITEM}
                    onClick={() => {
                      disconnect.mutate({ connector: current });
                    }}
                  >
                    Put the wallet away
                  </Menu.Item>
                </>
              )}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <div role="status" className="absolute top-full right-0 z-30 mt-2 w-72 max-w-[85vw]">
        {message !== undefined && (
          <div className="flex items-start gap-2 rounded-xl border border-line bg-surface p-3 text-sm shadow-lg">
            <span className="grow">{message}</span>
            <button
              type="button"
              className="text-accent underline-offset-4 hover:underline"
              onClick={() => {
                setMessage(undefined);
              }}
            >
              OK
            </button>
          </div>
        )}
      </div>
    </div>
  );
}

function Wallets({
  title,
  connectors,
  current,
  onChoose,
}: {
  title: string;
  connectors: readonly Connector[];
  current: Connector | undefined;
  onChoose: (connector: Connector) => void;
}) {
  return (
    <Menu.Group>
      <Menu.GroupLabel className="px-3 pt-2 pb-1 text-xs font-medium text-muted">{title}</Menu.GroupLabel>
      {connectors.map((connector) => (
        <Menu.Item
          key={connector.uid}
          className={ITEM}
          onClick={() => {
            onChoose(connector);
          }}
        >
          {connector.icon !== undefined && <img src={connector.icon.trim()} alt="" className="size-5 rounded" />}
          <span className="grow truncate">{connector.name}</span>
          {connector.uid === current?.uid && (
            <span className="text-accent">
              <CheckIcon />
              <span className="sr-only">in use</span>
            </span>
          )}
        </Menu.Item>
      ))}
    </Menu.Group>
  );
}
