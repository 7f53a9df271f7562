/* The API's description, drawn by Swagger UI; nothing is asked of any other host. */
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null, tryItOutEnabled: true });
