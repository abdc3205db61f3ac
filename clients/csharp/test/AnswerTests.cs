using System;
using System.Collections.Generic;
using System.Text;
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
        }

        private static Task Whole()
        {
            const string hints = "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n";
            const string chunks = "3;a=b\r\nabc\r\nA \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
            Check(hints + "HTTP/1.1 200 OK\r\nTRANSFER-encoding: gzip, Chunked\r\n\r\n" + chunks, "abc0123456789", true);
            Check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\n{}", "{}", false);
            Check("HTTP/1.0 200 OK\nContent-Length: 2\n\n{}", "{}", false);
            Check("HTTP/1.0 200\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}", "{}", true);
            Check("HTTP/1.1 204 No Content\r\n\r\n", "", true);
            Answer late = Read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 408 X\r\n\r\n", false);
            Expect.Same(false, late.KeepsAlive);
            Expect.Holds(Read("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", false) == null, "more to come");
            Expect.Same(false, Read("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", true).KeepsAlive);
            return Task.CompletedTask;
        }

        private static Task Broken()
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
                try
                {
                    Read(text, true);
                }
                catch (BrokenAnswerException)
                {
                    continue;
                }
                throw new Exception("Expected no whole answer, got one of " + text);
            }
            return Task.CompletedTask;
        }

        /// <summary>Every beginning of it is no answer yet.</summary>
        private static void Check(string text, string body, bool keepsAlive)
        {
            for (int length = 1; length < text.Length; length++)
            {
                Expect.Holds(Read(text.Substring(0, length), false) == null, "more than " + text.Substring(0, length));
            }
            Answer answer = Read(text, false);
            Expect.Same(body, Encoding.ASCII.GetString(answer.Body));
            Expect.Same(keepsAlive, answer.KeepsAlive);
        }

        private static Answer Read(string text, bool isEnd)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(text);
            return Answer.Read(bytes, bytes.Length, isEnd);
        }
    }
}
