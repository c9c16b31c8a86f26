/* Passkeys: a form with data-passkey="create" or "get" asks the browser for one and sends what it answers.
   data-options says with which options: an element of this page by its id, or an address that answers with them. */

interface Options {
  publicKey: Record<string, unknown>;
}

type FromJson = { parseCreationOptionsFromJSON?: Parse; parseRequestOptionsFromJSON?: Parse };
type Parse = (options: unknown) => never;

const reads = globalThis.PublicKeyCredential as unknown as FromJson | undefined;

async function optionsOf(form: HTMLFormElement): Promise<Options> {
  const from = form.dataset.options ?? "";
  if (from.startsWith("#")) return JSON.parse(document.querySelector(from)?.textContent ?? "{}");
  const answer = await fetch(from, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return (await answer.json()).request_options;
}

async function credentialFor(form: HTMLFormElement): Promise<Credential | null> {
  const { publicKey } = await optionsOf(form);
  if (form.dataset.passkey !== "create") {
    return navigator.credentials.get({ publicKey: reads!.parseRequestOptionsFromJSON!(publicKey) });
  }
  const selection = { ...(publicKey.authenticatorSelection as object), residentKey: "required", requireResidentKey: true };
  const wanted = { ...publicKey, authenticatorSelection: { ...selection, userVerification: "required" } };
  return navigator.credentials.create({ publicKey: reads!.parseCreationOptionsFromJSON!(wanted) });
}

async function ask(form: HTMLFormElement): Promise<void> {
  const told = form.querySelector<HTMLElement>("[data-told]");
  if (told) told.hidden = true;
  try {
    const credential = await credentialFor(form);
    form.querySelector<HTMLInputElement>("[name=credential]")!.value = JSON.stringify(credential);
    form.submit();
  } catch {
    if (!told) return;
    told.textContent = form.dataset.refused ?? "";
    told.hidden = false;
  }
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
  if (reads?.parseRequestOptionsFromJSON && reads.parseCreationOptionsFromJSON) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void ask(form);
    });
  } else {
    form.hidden = true;
  }
}
