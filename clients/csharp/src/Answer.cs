using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.RegularExpressions;

namespace SixpackAb
{
    /// <summary>An answer of HTTP/1.1. It is read from all bytes that came so far: no network here.</summary>
    internal sealed class Answer
    {
        /// <summary>An answer to the largest batch has a tenth of that.</summary>
        private const int BodyBytesMax = 1048576;
        private const int HeadBytesMax = 65536;

        private static readonly Regex StatusLine = new Regex(@"^HTTP/1\.([01]) ([0-9]{3})(?: .*)?$");
        private static readonly Regex Length = new Regex("^[0-9]{1,9}$");
        private static readonly Regex ChunkSize = new Regex(@"^([0-9A-Fa-f]{1,7})[ \t]*(?:;.*)?$");

        public readonly int Status;
        public readonly byte[] Body;
        /// <summary>Whether the connection is ready for the next request.</summary>
        public readonly bool KeepsAlive;

        private Answer(int status, byte[] body, bool keepsAlive)
        {
            Status = status;
            Body = body;
            KeepsAlive = keepsAlive;
        }

        /// <summary>The answer that the bytes are; null where more must come.</summary>
        /// <param name="bytes">Of which the first <paramref name="count"/> came.</param>
        /// <param name="count">More than none.</param>
        /// <param name="isEnd">Whether nothing more can come.</param>
        /// <exception cref="BrokenAnswerException">For what is no answer, or less than a whole one at the end.</exception>
        public static Answer Read(byte[] bytes, int count, bool isEnd)
        {
            var reading = new Reading(bytes, count, isEnd);
            try
            {
                Answer answer = reading.Read();
                if (answer != null || !isEnd) return answer;
                throw new BrokenAnswerException("Expected a whole answer, got the end of the connection");
            }
            catch (BrokenAnswerException broken)
            {
                broken.Status = reading.Status;
                throw;
            }
        }

        private sealed class Reading
        {
            private readonly byte[] bytes;
            private readonly int count;
            private readonly bool isEnd;
            private int at;

            /// <summary>Of HTTP; null where it did not come yet.</summary>
            public int? Status { get; private set; }

            public Reading(byte[] bytes, int count, bool isEnd)
            {
                this.bytes = bytes;
                this.count = count;
                this.isEnd = isEnd;
            }

            public Answer Read()
            {
                int status;
                Match line;
                Dictionary<string, string> headers;
                do
                {
                    string text = ReadLine();
                    if (text == null) return null;
                    line = StatusLine.Match(text);
                    if (!line.Success) throw new BrokenAnswerException("Expected an answer of HTTP/1.1, got something else");
                    status = int.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture);
                    headers = ReadHeaders();
                    if (headers == null) return null;
                } while (status < 200); // An interim answer is passed over.
                Status = status;
                string asked = Header(headers, "connection").ToLowerInvariant();
                bool keepsAlive = !asked.Contains("close") && (line.Groups[1].Value == "1" || asked.Contains("keep-alive"));
                string length = status == 204 || status == 304 ? "0" : Header(headers, "content-length");
                byte[] body;
                if (Header(headers, "transfer-encoding").ToLowerInvariant().EndsWith("chunked", StringComparison.Ordinal))
                {
                    body = ReadChunks();
                }
                else if (length == "")
                {
                    CheckSize(count - at);
                    body = isEnd ? Take(count - at) : null;
                }
                else
                {
                    if (!Length.IsMatch(length)) throw new BrokenAnswerException("Expected a length, got " + length);
                    body = Take(int.Parse(length, CultureInfo.InvariantCulture));
                }
                if (body == null) return null;
                // What nobody asked for must not be taken for the next answer.
                return new Answer(status, body, keepsAlive && !isEnd && at == count);
            }

            private static string Header(Dictionary<string, string> headers, string name)
            {
                string value;
                return headers.TryGetValue(name, out value) ? value : "";
            }

            private Dictionary<string, string> ReadHeaders()
            {
                var headers = new Dictionary<string, string>();
                int begin = at;
                for (string line = ReadLine(); line != ""; line = ReadLine())
                {
                    if (line == null) return null;
                    if (at - begin > HeadBytesMax) throw TooLong();
                    int colon = line.IndexOf(':');
                    if (colon > 0) headers[line.Substring(0, colon).ToLowerInvariant()] = line.Substring(colon + 1).Trim();
                }
                return headers;
            }

            private byte[] ReadChunks()
            {
                var body = new MemoryStream();
                while (true)
                {
                    string line = ReadLine();
                    if (line == null) return null;
                    Match size = ChunkSize.Match(line);
                    if (!size.Success) throw new BrokenAnswerException("Expected the size of a chunk, got something else");
                    int length = int.Parse(size.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                    if (length == 0) break;
                    CheckSize(body.Length + length);
                    byte[] chunk = Take(length);
                    if (chunk == null) return null;
                    body.Write(chunk, 0, length);
                    string end = ReadLine();
                    if (end == null) return null;
                    if (end != "") throw new BrokenAnswerException("Expected the end of a chunk, got more");
                }
                return ReadHeaders() == null ? null : body.ToArray(); // Trailers end as headers do.
            }

            private byte[] Take(int length)
            {
                CheckSize(length);
                if (count - at < length) return null;
                var taken = new byte[length];
                Array.Copy(bytes, at, taken, 0, length);
                at += length;
                return taken;
            }

            /// <summary>Without its line feed and carriage return; null where its end did not come yet.</summary>
            private string ReadLine()
            {
                int end = Array.IndexOf(bytes, (byte)'\n', at, count - at);
                if ((end < 0 ? count : end) - at > HeadBytesMax) throw TooLong();
                if (end < 0) return null;
                string line = Encoding.GetEncoding("iso-8859-1").GetString(bytes, at, end - at);
                at = end + 1;
                return line.EndsWith("\r", StringComparison.Ordinal) ? line.Substring(0, line.Length - 1) : line;
            }

            private static void CheckSize(long length)
            {
                if (length > BodyBytesMax)
                {
                    throw new BrokenAnswerException("Expected at most " + BodyBytesMax + " bytes, got more");
                }
            }

            private static BrokenAnswerException TooLong()
            {
                return new BrokenAnswerException("Expected at most " + HeadBytesMax + " bytes of head, got more");
            }
        }
    }

    /// <summary>What came is no complete answer.</summary>
    internal sealed class BrokenAnswerException : IOException
    {
        /// <summary>Of HTTP; null where even that did not come.</summary>
        public int? Status;

        public BrokenAnswerException(string message) : base(message)
        {
        }
    }
}
