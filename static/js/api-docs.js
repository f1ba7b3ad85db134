// The API's description, shown by Swagger UI. Requests that are tried out go as whoever is signed in here.
const root = document.documentElement;
const place = document.getElementById("api-docs");
const { schema, csrf } = place.dataset;

const dark = matchMedia("(prefers-color-scheme: dark)");
const dress = () => root.classList.toggle("dark-mode", root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
dress();
dark.addEventListener("change", dress);
new MutationObserver(dress).observe(root, { attributeFilter: ["data-theme"] });

// What Swagger UI shows otherwise here, by its plugin API: what axe and other checks of accessibility find in it.
const accessibleParts = ({ React: { createElement } }) => {
  const labelled = (text, field) => createElement("label", null, createElement("span", { className: "vh" }, text), field);
  return {
    components: {
      // Instead of BaseLayout, which brings a second <main> and, in its InfoContainer, a second <h1>.
      PartOfAPage: ({ getComponent, specSelectors }) => {
        const show = (name) => createElement(getComponent(name, true), { key: name });
        const isLoading = specSelectors.loadingStatus() === "loading";
        const isLoaded = specSelectors.loadingStatus() === "success";
        return createElement(
          "div",
          { className: "swagger-ui" },
          show("SvgAssets"),
          show("errors"),
          isLoading && createElement("div", { className: "loading-container" }, createElement("div", { className: "loading" })),
          isLoaded && ["AuthorizeBtnContainer", "FilterContainer"].map(show),
          // Of a long list only what is in view is in the page, so that an operation's own heading may be out of it.
          isLoaded && createElement("h3", { className: "vh" }, "Operations"),
          isLoaded && ["operations", "Models"].map(show),
        );
      },
      // No link: a path stands within the button that opens its operation. The address names what was opened all the same.
      DeepLink: ({ text }) => createElement("span", null, text),
    },
    wrapComponents: {
      // The name of a parameter stands in another cell than its field.
      JsonSchema_string: (Field) => (field) => labelled(field.description, createElement(Field, field)),
      RequestBodyEditor: (Editor) => (editor) => labelled("Request body", createElement(Editor, editor)),
      CloseIcon: (Icon) => (icon) =>
        createElement(Icon, { ...icon, "aria-hidden": undefined, "role": "img", "aria-label": "Close" }),
      // "Authorize" was named "Apply credentials", so that nobody could say what they saw.
      Button: (Button) => (button) => createElement(Button, { ...button, "aria-label": undefined }),
    },
  };
};

window.SwaggerUIBundle({
  url: schema,
  domNode: place,
  plugins: [accessibleParts],
  layout: "PartOfAPage",
  syntaxHighlight: { theme: "tomorrow-night" }, // the default one is too dark to be read easily
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    const own = new URL(request.url, location.href).origin === location.origin;
    if (own && request.method && request.method !== "GET") request.headers["X-CSRFToken"] = csrf;
    return request;
  },
});
