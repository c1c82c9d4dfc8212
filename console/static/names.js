// Names for who hears pages instead of seeing them, where components have none of their own: the language, the camera's
// picture, and the file chooser.
(() => {
  document.documentElement.lang = "en";

  const name = () => {
    document.querySelectorAll(".picture img:not([alt])").forEach((image) => {
      const title = image.closest("section")?.querySelector("h2")?.firstChild?.textContent;
      image.alt = title ? `Camera picture: ${title}` : "Camera picture";
    });
    document.querySelectorAll(".q-uploader__input:not([aria-label])").forEach((input) => {
      input.setAttribute("aria-label", "Photographs to upload");
      input.closest("a")?.setAttribute("aria-label", "Choose photographs");
    });
  };

  new MutationObserver((changes) => {
    if (changes.some((change) => change.addedNodes.length)) name();
  }).observe(document.documentElement, { childList: true, subtree: true });
  name();
})();
