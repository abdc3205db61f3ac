using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace SixpackAb.Tests
{
    internal sealed class Test
    {
        public readonly string Name;
        public readonly Func<Task> Work;

        public Test(string name, Func<Task> work)
        {
            Name = name;
            Work = work;
        }
    }

    /// <summary>
    /// <c>tests.exe</c> runs every test: a line each, <c>ok name</c> or <c>failed name: why</c>; exits 1 when one failed.
    /// <c>tests.exe network PORT</c>, <c>tls URL…</c> and <c>exit URL</c> are what other tests start.
    /// </summary>
    internal static class Run
    {
        public static int Main(string[] arguments)
        {
            switch (arguments.FirstOrDefault())
            {
                case "network": return Visits.Silence(arguments[1]).Result;
                case "tls": return Visits.Tls(arguments.Skip(1)).Result;
                case "exit": return Visits.Exit(arguments[1]).Result;
                default: return Tests().Result;
            }
        }

        private static async Task<int> Tests()
        {
            int failed = 0;
            using (TestServer misbehaving = TestServer.Misbehaving())
            using (TestServer real = TestServer.Real())
            {
                List<Test> tests = (await new Conformance(misbehaving, real).Tests())
                    .Concat(new SessionTests(misbehaving, real).Tests())
                    .Concat(new QueueTests(misbehaving).Tests())
                    .Concat(AnswerTests.Tests())
                    .ToList();
                foreach (Test test in tests)
                {
                    try
                    {
                        await test.Work();
                        Console.WriteLine("ok " + test.Name);
                    }
                    catch (Exception wrong)
                    {
                        failed++;
                        Console.WriteLine("failed " + test.Name + ": " + wrong.Message.Replace("\n", "\\n") + wrong.StackTrace);
                    }
                }
                Console.WriteLine(tests.Count - failed + " passed, " + failed + " failed");
            }
            return failed == 0 ? 0 : 1;
        }
    }
}
