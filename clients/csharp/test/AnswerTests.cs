using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace SixpackAb.Tests
{
    /// <summary>Answers as proxies send them, and parts of answers, which are none.</summary>
    internal static class AnswerTests
    {
        public static IEnumerable<Test> Tests()
        {
            yield return new Test("reads answers as proxies send them, however they are cut", Whole);
            yield return new Test("takes no part of an answer for a whole one", Broken);
            yield return new Test("reads every byte once, in however many pieces they come", Pieces);
        }

        private static async Task Whole()
        {
            const string hints = "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n";
            const string chunks = "3;a=b\r\nabc\r\nA \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
            await Check(hints + "HTTP/1.1 200 OK\r\nTRANSFER-encoding: gzip, Chunked\r\n\r\n" + chunks, "abc0123456789", true);
            await Check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\n{}", "{}", false);
            await Check("HTTP/1.0 200 OK\nContent-Length: 2\n\n{}", "{}", false);
            await Check("HTTP/1.0 200\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}", "{}", true);
            await Check("HTTP/1.1 204 No Content\r\n\r\n", "", true);
            Answer late = await Read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 408 X\r\n\r\n");
            Expect.Same(false, late.KeepsAlive);
            Answer ended = await Read("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}");
            Expect.Same("{\"a\":1}", Encoding.ASCII.GetString(ended.Body));
            Expect.Same(false, ended.KeepsAlive);
        }

        private static async Task Pieces()
        {
            // Reading from the start again for each piece would take hours.
            string body = new string('x', 500000);
            Answer answer = await Read("HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + body, 1);
            Expect.Same(body.Length, answer.Body.Length);
        }

        private static async Task Broken()
        {
            foreach (string text in new[]
            {
                "H",
                "SSH-2.0-x\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n{}",
                "HTTP/1.1 200 OK\r\nA: " + new string('x', 70000) + "\r\n\r\n{}",
            })
            {
                await Refuse(text);
            }
        }

        /// <summary>In pieces of any size; every beginning of it is no answer.</summary>
        private static async Task Check(string text, string body, bool keepsAlive)
        {
            for (int length = 1; length <= text.Length; length++)
            {
                Answer answer = await Read(text, length);
                Expect.Same(body, Encoding.ASCII.GetString(answer.Body));
                Expect.Same(keepsAlive, answer.KeepsAlive);
                if (length < text.Length) await Refuse(text.Substring(0, length));
            }
        }

        private static async Task Refuse(string text)
        {
            try
            {
                await Read(text);
            }
            catch (BrokenAnswerException)
            {
                return;
            }
            throw new Exception("Expected no whole answer, got one of " + text);
        }

        private static Task<Answer> Read(string text, int pieceBytes = int.MaxValue)
        {
            return Answer.Read(new Incoming(new InPieces(text, pieceBytes)));
        }

        private sealed class InPieces : MemoryStream
        {
            private readonly int pieceBytes;

            public InPieces(string text, int pieceBytes) : base(Encoding.ASCII.GetBytes(text))
            {
                this.pieceBytes = pieceBytes;
            }

            public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken token)
            {
                return base.ReadAsync(buffer, offset, Math.Min(count, pieceBytes), token);
            }
        }
    }
}
