using System.CommandLine;
using System.CommandLine.Invocation;

namespace TorchPort;

/// <summary>The program's standard error: what it says beside its output.</summary>
internal static class Stderr
{
    /// <summary>Says something. A standard error that is closed or full is no reason to stop.</summary>
    internal static void Say(string text)
    {
        try
        {
            Console.Error.Write(text + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Says what is wrong with a command line. A misspelt option gets the near ones suggested.</summary>
    internal static void SayWhatIsWrong(ParseResult parsed)
    {
        // The word after an unknown option is its value, not a second mistake.
        var program = parsed.CommandResult.Command;
        var isOption = parsed.UnmatchedTokens is [['-', '-', ..], ..];
        var alone = isOption ? program.Parse([parsed.UnmatchedTokens[0].Split('=')[0]]) : parsed;
        parsed = alone.Action is ParseErrorAction ? alone : parsed;
        var action = (ParseErrorAction)parsed.Action!;
        action.ShowHelp = false;
        action.ShowTypoCorrections = isOption;

        // System.CommandLine prints the suggestions before the errors.
        using var said = new StringWriter { NewLine = "\n" };
        _ = parsed.Invoke(new InvocationConfiguration { Output = said, Error = said });
        var first = said.ToString().Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[0];
        Say($"{program.Name}: {first.Replace('\n', ' ')}\nSee {program.Name} --help.");
    }
}
