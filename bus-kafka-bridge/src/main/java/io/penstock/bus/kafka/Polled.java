package io.penstock.bus.kafka;

import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * What one poll brought.
 *
 * @param offsets where reading goes on once the records are stored; without those partitions that were taken away
 *     meanwhile. Only the reader touches it.
 */
record Polled(ConsumerRecords<byte[], byte[]> records, Map<TopicPartition, OffsetAndMetadata> offsets) {}
