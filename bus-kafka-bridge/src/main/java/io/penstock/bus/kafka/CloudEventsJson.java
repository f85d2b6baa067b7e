package io.penstock.bus.kafka;

import io.penstock.bus.RawJson;
import java.io.StringWriter;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

/** The JSON format of CloudEvents. The data stays the text it was: no number is read and written again. */
final class CloudEventsJson {

    private static final String DATA = "data";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private CloudEventsJson() {}

    static String write(Map<String, String> attributes, RawJson data) {
        StringWriter text = new StringWriter(data.text().length() + 512);
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            attributes.forEach(json::writeStringProperty);
            json.writeStringProperty(CloudEvents.DATA_CONTENT_TYPE, CloudEvents.JSON);
            json.writeName(DATA);
            json.writeRawValue(data.text());
            json.writeEndObject();
        }
        return text.toString();
    }

    /** The data's text; adds the attributes. Throws {@link UnreadableRecordException} for what is no such event. */
    static String read(String text, Map<String, String> attributes) {
        try (JsonParser json = JSON.createParser(text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new UnreadableRecordException("the structured CloudEvent is not a JSON object");
            }
            return read(json, text, attributes);
        } catch (JacksonException e) {
            throw new UnreadableRecordException("the structured CloudEvent is not JSON");
        }
    }

    private static String read(JsonParser json, String text, Map<String, String> attributes) {
        String data = null;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if (name.equals(DATA)) {
                data = rawValue(json, text);
            } else if (!value.isScalarValue()) {
                attributes.put(name, rawValue(json, text));
            } else if (value != JsonToken.VALUE_NULL) {
                attributes.put(name, json.getString());
            }
        }
        if (data == null) {
            throw new UnreadableRecordException("the structured CloudEvent has no data in JSON");
        }
        return data;
    }

    private static String rawValue(JsonParser json, String text) {
        int from = (int) json.currentTokenLocation().getCharOffset();
        json.skipChildren();
        json.finishToken();
        return text.substring(from, (int) json.currentLocation().getCharOffset());
    }
}
